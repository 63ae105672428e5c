//! The processes of functions, to be killed.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hikyaku_local::event::Event;
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// The living processes, by process id, with their functions.
#[derive(Default)]
pub(crate) struct Living(Mutex<BTreeMap<u32, String>>);

impl Living {
    /// Watches for as long as the cloud is there.
    pub(crate) async fn watch(&self, mut events: Receiver<Event>) {
        loop {
            match events.recv().await {
                Ok(Event::ProcessStarted { function, pid }) => {
                    self.all().insert(pid, function);
                }
                Ok(Event::ProcessEnded { pid, .. }) => {
                    self.all().remove(&pid);
                }
                Ok(_) => {}
                // Who may have ended meanwhile is not known: none of them is touched any more.
                Err(RecvError::Lagged(_)) => self.all().clear(),
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Kills one of a function's processes, at once and whatever it does. False: there is none.
    pub(crate) fn kill_one(&self, function: &str, chance: &mut fastrand::Rng) -> bool {
        // Under the lock, so that nobody hears of its end and forgets it in between.
        let all = self.all();
        let of_it = all.iter().filter(|(_, name)| *name == function);
        let of_it: Vec<_> = of_it
            .filter_map(|(pid, _)| i32::try_from(*pid).ok())
            .collect();
        let id = chance.choice(of_it).and_then(Pid::from_raw);
        id.is_some_and(|id| kill_process(id, Signal::KILL).is_ok())
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<u32, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
