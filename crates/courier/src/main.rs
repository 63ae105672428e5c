//! The function `courier`: takes every message of its queue and has a Laravel application run it.

use std::error::Error;

use courier::{HttpCourier, Settings};
use hikyaku::Worker;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), hikyaku::Error> {
    hikyaku::serve(Worker::new(()).try_courier(courier())).await
}

fn courier() -> Result<HttpCourier, Box<dyn Error + Send + Sync>> {
    Ok(HttpCourier::new(Settings::from_env()?)?)
}
