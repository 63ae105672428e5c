//! The simulator for jobs: it finds an effect that is not keyed, and nothing in a job that is sound.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hikyaku::testing::{End, Fault, Schedules, Tried, Violation};
use hikyaku::{Context, Guarantee, Job, JobError};
use serde::{Deserialize, Serialize};

/// Another system: it drops what has a key it knows.
#[derive(Default)]
struct Provider {
    keys: Mutex<BTreeSet<String>>,
    mails: Mutex<Vec<String>>,
}

impl Provider {
    fn send(&self, key: Option<String>, mail: &str) {
        let is_known = key.is_some_and(|key| !self.keys.lock().unwrap().insert(key));
        if !is_known {
            self.mails.lock().unwrap().push(mail.to_owned());
        }
    }

    fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }
}

type Shared = Arc<Provider>;

fn make() -> (Shared, Shared) {
    let provider = Shared::default();
    (Arc::clone(&provider), provider)
}

fn one_mail(provider: &Shared, end: End) -> Result<(), String> {
    match (provider.mails().len(), end) {
        (1, End::Done) => Ok(()),
        (mails, end) => Err(format!("{mails} mails, and the job ended as {end:?}")),
    }
}

/// A job that does its work between two waits.
macro_rules! job {
    ($name:ident, $guarantee:ident, $provider:ident, $context:ident => $work:expr) => {
        #[derive(Serialize, Deserialize)]
        struct $name {}

        impl Job for $name {
            const NAME: &'static str = stringify!($name);
            const TRIES: u32 = 10;
            const GUARANTEE: Guarantee = Guarantee::$guarantee;
            type State = Shared;
            type Output = ();

            async fn run(self, $context: &Context<Shared>) -> Result<(), JobError> {
                let $provider = $context.state();
                $context.sleep(Duration::from_secs(2)).await;
                $work;
                $context.sleep(Duration::from_secs(2)).await;
                Ok(())
            }
        }
    };
}

job!(Keyed, Once, provider, context => provider.send(Some(context.effect_key("mail")), "invoice"));
job!(Unkeyed, Once, provider, context => provider.send(None, "invoice"));
job!(AtMost, AtMostOnce, provider, context => provider.send(None, "invoice"));
job!(AtLeast, AtLeastOnce, provider, context => provider.send(Some(context.effect_key("mail")), "invoice"));
job!(Stuck, Once, provider, context => {
    provider.send(Some(context.effect_key("mail")), "invoice");
    std::future::pending::<()>().await;
});

fn tried<J: Job<State = Shared> + Serialize>(job: &J, runs: u64) -> Result<Tried, Violation> {
    Schedules::of(runs).run(job, make, one_mail)
}

#[test]
fn a_keyed_effect_happens_once_under_a_thousand_schedules() {
    let tried = tried(&Keyed {}, 1_000).unwrap();
    assert_eq!(tried.schedules, 1_000);
    for count in [tried.kills, tried.freezes, tried.copies, tried.requests] {
        assert!(count > 50, "{tried}");
    }
    assert!(tried.deliveries > 1_100, "{tried}");
}

#[test]
fn an_effect_without_a_key_is_found_told_and_found_again_from_its_seed() {
    let violation = tried(&Unkeyed {}, 1_000).unwrap_err();
    println!("{violation}");
    assert!(violation.what.starts_with("2 mails"), "{violation}");
    assert!(violation.trace.len() <= 8, "{violation}");
    let again = Schedules::of(1)
        .seed(violation.seed)
        .run(&Unkeyed {}, make, one_mail);
    assert_eq!(again.unwrap_err().what, violation.what);
}

#[test]
fn a_job_that_runs_at_most_once_may_fail_and_never_doubles() {
    let check = |provider: &Shared, end| match (provider.mails().len(), end) {
        (1, End::Done) | (0 | 1, End::Failed(_)) => Ok(()),
        (mails, end) => Err(format!("{mails} mails, {end:?}")),
    };
    Schedules::of(500).run(&AtMost {}, make, check).unwrap();
}

#[test]
fn a_job_without_a_ledger_is_sound_if_its_effect_is_keyed() {
    tried(&AtLeast {}, 500).unwrap();
}

#[test]
fn a_job_that_waits_for_something_real_is_told_so() {
    // Its timeout ends each attempt, so it fails in the end.
    let violation = tried(&Stuck {}, 1).unwrap_err();
    assert!(violation.what.contains("Failed"), "{violation}");
}

/// Ten pages, one checkpoint each, in parts of three.
#[derive(Serialize, Deserialize)]
struct Pages {}

impl Job for Pages {
    const NAME: &'static str = "pages";
    const TRIES: u32 = 10;
    type State = Shared;
    type Output = ();

    async fn run(self, context: &Context<Shared>) -> Result<(), JobError> {
        let first: u32 = context.resume()?.unwrap_or(0);
        for page in first..10 {
            let key = context.effect_key(&format!("page {page}"));
            context.state().send(Some(key), &page.to_string());
            context.sleep(Duration::from_secs(1)).await;
            context.checkpoint(&(page + 1)).await?;
            if page == first + 2 {
                return Err(JobError::continuation());
            }
        }
        Ok(())
    }
}

#[test]
fn a_job_in_parts_does_each_part_once() {
    let check = |provider: &Shared, end| {
        let expected: Vec<String> = (0..10).map(|page| page.to_string()).collect();
        if provider.mails() == expected && end == End::Done {
            Ok(())
        } else {
            Err(format!("{:?}, {end:?}", provider.mails()))
        }
    };
    Schedules::of(300).run(&Pages {}, make, check).unwrap();
}

#[test]
fn a_kind_of_fault_can_be_left_out() {
    let schedules = Schedules::of(200)
        .without(Fault::Kill)
        .without(Fault::Freeze)
        .faults(5);
    let tried = schedules.run(&Keyed {}, make, one_mail).unwrap();
    assert_eq!((tried.kills, tried.freezes), (0, 0));
    assert!(tried.copies > 0 && tried.requests > 0, "{tried}");
}
