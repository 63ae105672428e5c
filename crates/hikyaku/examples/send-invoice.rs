//! A whole job: what README shows, compiled.

use std::time::Duration;

use hikyaku::{Context, Guarantee, Job, JobError, Worker};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SendInvoice {
    invoice_id: u64,
}

impl Job for SendInvoice {
    const NAME: &'static str = "App\\Jobs\\SendInvoice";
    const TIMEOUT: Duration = Duration::from_secs(30);
    const GUARANTEE: Guarantee = Guarantee::Once;
    type State = ();
    type Output = u64;

    async fn run(self, _context: &Context<()>) -> Result<u64, JobError> {
        Ok(self.invoice_id)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), hikyaku::Error> {
    hikyaku::serve(Worker::new(()).register::<SendInvoice>()).await
}
