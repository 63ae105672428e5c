//! The function: which jobs it knows.

mod send_invoice;

use hikyaku::Worker;

use send_invoice::SendInvoice;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), hikyaku::Error> {
    hikyaku::serve(Worker::new(()).register::<SendInvoice>()).await
}
