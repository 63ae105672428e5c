//! The function of `make test-laravel`: jobs under the names of the classes in `tests/laravel/app`.

mod config;
mod import_rows;
mod listener;
mod locked;
mod record;
mod report;
mod steps;
mod trying;

use hikyaku::{LinkOptions, Worker};

use record::Record;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), hikyaku::Error> {
    let worker = Worker::setup(|| config::from_env().map(Record::new))
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
        .php_job(
            "App\\Jobs\\PhpStep",
            LinkOptions {
                tries: Some(3),
                ..LinkOptions::default()
            },
        );
    hikyaku::serve(worker).await
}
