//! What goes wrong inside a job.

use std::time::Duration;

use hikyaku::{Context, JobError};
use serde::Deserialize;

use crate::World;

/// So much is asked for at a time. It is never touched, so it costs the machine nothing.
const PIECE_BYTES: usize = 64 * 1024 * 1024;

/// A process with a limit is dead long before.
const MOST_PIECES: usize = 1024;

/// What happens to a job's first attempt.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mishap {
    None,
    Error,
    Panic,
    /// It waits for ever; the engine stops it.
    Overrun,
    /// It computes for ever; nobody can stop it.
    Stuck,
    /// It takes more memory than there is.
    OutOfMemory,
}

impl Mishap {
    pub(crate) async fn happen(self, context: &Context<World>) -> Result<(), JobError> {
        match self {
            Self::None => Ok(()),
            Self::Error => Err("this attempt was meant to fail".into()),
            Self::Panic => panic!("this attempt was meant to panic"),
            Self::Overrun => {
                context.sleep(Duration::from_secs(3600)).await;
                Ok(())
            }
            Self::Stuck => {
                // Long enough to outlast its invocation and to meet a later one in the same process.
                std::thread::sleep(Duration::from_secs(8));
                Ok(())
            }
            Self::OutOfMemory => {
                let mut taken = Vec::new();
                for _ in 0..MOST_PIECES {
                    taken.push(vec![0_u8; PIECE_BYTES]);
                }
                Err(format!("{} pieces of memory and no limit in sight", taken.len()).into())
            }
        }
    }
}
