//! The function `courier`: takes every message of its queue and has a Laravel application run it.

use std::sync::Arc;

use courier::{HttpCourier, Settings};
use hikyaku::Worker;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let courier = HttpCourier::new(Settings::from_env()?)?;
    hikyaku::serve(Worker::new(()).courier(Arc::new(courier))).await?;
    Ok(())
}
