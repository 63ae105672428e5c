//! The job `App\Jobs\SendInvoice`.

use std::time::Duration;

use hikyaku::{Context, Guarantee, Job, JobError};
use serde::{Deserialize, Serialize};

/// What a message says: the properties of the PHP class, by name.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SendInvoice {
    /// Which one it is about. 0 is none.
    id: u64,
}

impl Job for SendInvoice {
    const NAME: &'static str = "App\\Jobs\\SendInvoice";
    const TRIES: u32 = 3;
    /// Of one attempt. The function's own `Timeout` in template.yaml must be longer.
    const TIMEOUT: Duration = Duration::from_secs(30);
    const GUARANTEE: Guarantee = Guarantee::Once;
    type State = ();
    type Output = String;

    async fn run(self, context: &Context<()>) -> Result<String, JobError> {
        if self.id == 0 {
            // No retry will mend this. `?` on any other error means: try again.
            return Err(JobError::fail("there is no number 0"));
        }
        // The work belongs here. A process can die after the work and before it is recorded, and then it
        // is done again. So hand this key to whoever you ask to do something (a payment, a mail): it is
        // the same for every attempt of this job.
        let key = context.effect_key("work");
        tracing::info!(id = self.id, key, "worked");
        Ok(format!("number {} is done", self.id))
    }
}

#[cfg(test)]
mod tests {
    use hikyaku::Outcome;
    use hikyaku::testing::{block_on, run_job};

    use super::*;

    #[test]
    fn its_answer_names_what_was_done() {
        let ran = block_on(run_job(SendInvoice { id: 7 }, ()));
        assert_eq!(ran.outcome, Outcome::Done, "{:?}", ran.error);
        assert_eq!(ran.output::<String>().unwrap(), "number 7 is done");
    }

    #[test]
    fn what_is_not_there_is_buried_without_a_retry() {
        let ran = block_on(run_job(SendInvoice { id: 0 }, ()));
        assert_eq!(ran.outcome, Outcome::Buried);
        assert_eq!(ran.error.as_deref(), Some("there is no number 0"));
    }
}
