//! The function of `make -C tests laravel`: jobs under the names of the classes in `tests/laravel/app`.

mod config;
mod import_rows;
mod invoiced;
mod listener;
mod locked;
mod record;
mod report;
mod steps;
mod switched;
mod trying;

use std::sync::Arc;

use courier::HttpCourier;
use hikyaku::{LinkOptions, Worker};

use record::Record;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut worker = Worker::setup(|| config::from_env().map(Record::new))
        .register::<import_rows::ImportRows>()
        .register::<report::BuildReport>()
        .register::<trying::FailsUntilTold>()
        .register::<trying::StringFailsUntilTold>()
        .register::<trying::TellsWhenItFailed>()
        .register::<steps::Step>()
        .register::<steps::BatchedStep>()
        .register::<steps::SecretStep>()
        .register::<locked::UniqueStep>()
        .register::<locked::UniqueUntilStarted>()
        .register::<locked::Alone>()
        .register::<listener::TalliesRows>()
        .register::<switched::Switched>()
        .register::<invoiced::Invoiced>()
        .php_job(
            "App\\Jobs\\PhpStep",
            LinkOptions {
                tries: Some(3),
                ..LinkOptions::default()
            },
        );
    if let Some(settings) = config::courier_from_env()? {
        worker = worker.courier(Arc::new(HttpCourier::new(settings)?));
    }
    Ok(hikyaku::serve(worker).await?)
}
