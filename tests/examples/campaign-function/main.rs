//! The function that a campaign kills, freezes and starves: jobs whose every effect is told to the driver.

mod jobs;
mod mishap;
mod rows;
mod story;

use std::error::Error;

use hikyaku::Worker;

use jobs::{AtLeastOnce, AtMostOnce, Keyed, Rows, Step, Unkeyed, Zombie};

/// What all jobs share.
pub(crate) struct World {
    /// Where the driver listens.
    book: String,
    database: sqlx::SqlitePool,
    /// Whether keyed effects have their keys.
    keys: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), hikyaku::Error> {
    let worker = Worker::setup(world)
        .register::<Keyed>()
        .register::<Unkeyed>()
        .register::<Rows>()
        .register::<AtMostOnce>()
        .register::<AtLeastOnce>()
        .register::<Step>()
        .register::<Zombie>();
    hikyaku::serve(worker).await
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place where the environment is read"
)]
fn world() -> Result<World, Box<dyn Error + Send + Sync>> {
    Ok(World {
        book: std::env::var("CAMPAIGN_BOOK")?,
        database: rows::pool(&std::env::var("CAMPAIGN_DATABASE")?)?,
        keys: std::env::var("CAMPAIGN_KEYS")? == "1",
    })
}
