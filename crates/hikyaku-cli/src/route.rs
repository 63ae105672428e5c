//! `hikyaku route`: on which side the jobs of a class run.

mod known;
mod listing;

use clap::{Args, ValueEnum};
use hikyaku::SystemClock;
use hikyaku::core::{Clock as _, ROUTE_KEPT, Route, StoreError};
use hikyaku::ledger::DynamoDbRoutes;
use serde_json::json;

use crate::outcome::{OperatorError, Outcome};
use crate::output;
use crate::place::{ABOUT_TABLES, Place, Reach};
use listing::Listing;

/// What `hikyaku route` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct SetRoute {
    /// The class (`App\Jobs\ImportCsv`), or the name of a string job; without one, all routes are listed
    class: Option<String>,
    /// Where its jobs run from now on
    #[arg(requires = "class")]
    side: Option<Target>,
    /// So many of a hundred jobs run in Rust, and the others in PHP; of `shadow`, so many have one
    #[arg(long, value_name = "PERCENT", requires = "side", value_parser = clap::value_parser!(u8).range(0..=100))]
    percent: Option<u8>,
    /// Remove the route: the jobs run in Rust wherever they are registered
    #[arg(long, requires = "class", conflicts_with = "side")]
    remove: bool,
    /// Count the jobs on both sides. It reads the whole ledger: about 0.125 USD for 30 million jobs
    #[arg(long, conflicts_with_all = ["side", "remove"])]
    count: bool,
    #[command(flatten)]
    place: Place,
}

/// What a route says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Target {
    /// In Rust
    Rust,
    /// In PHP
    Php,
    /// In PHP, and then in Rust without effects, to compare what becomes of them
    Shadow,
}

impl SetRoute {
    /// Sets, removes or lists routes.
    pub(crate) fn run(self) -> Result<Outcome, OperatorError> {
        let change = self.change()?;
        self.place
            .run(|reach| self.clone().apply_or_list(change, reach))
    }

    /// The route that is asked for. None: nothing is to be set.
    fn change(&self) -> Result<Option<Route>, OperatorError> {
        match (self.side, self.percent) {
            (None, _) => Ok(None),
            (Some(Target::Rust), None) => Ok(Some(Route::RUST)),
            (Some(Target::Rust), Some(percent)) => Ok(Route::percent(percent)),
            (Some(Target::Php), None) => Ok(Some(Route::PHP)),
            (Some(Target::Php), Some(_)) => Err(OperatorError::Given(
                "--percent says how many jobs run in Rust: `hikyaku route CLASS rust --percent 10`"
                    .to_owned(),
            )),
            (Some(Target::Shadow), percent) => {
                Ok(percent.map_or(Some(Route::SHADOW), Route::shadow))
            }
        }
    }

    async fn apply_or_list(
        self,
        change: Option<Route>,
        reach: Reach,
    ) -> Result<Outcome, OperatorError> {
        let routes = DynamoDbRoutes::new(reach.dynamodb.clone(), &reach.config);
        let asked = match self.class.as_deref() {
            Some(class) if change.is_some() || self.remove => {
                if let Some(route) = change {
                    known::check(&reach, class, route).await?;
                }
                return match change {
                    Some(route) => routes.set(class, route, SystemClock.now()).await,
                    None => routes.remove(class).await,
                }
                .map(|()| self.confirm(class, change))
                .map_err(|error| in_table(&reach, error));
            }
            asked => asked,
        };
        let listing = Listing::read(&routes, asked, self.count).await;
        let listing = listing.map_err(|error| in_table(&reach, error))?;
        listing.show(self.place.json);
        Ok(Outcome::of(!listing.is_empty() || asked.is_none()))
    }

    fn confirm(&self, class: &str, change: Option<Route>) -> Outcome {
        let shadowed = change.and_then(Route::shadowed);
        if self.place.json {
            output::json(&json!({
                "class": class,
                "percentInRust": change.map(Route::in_rust),
                "percentShadowed": shadowed,
            }));
            return Outcome::Done;
        }
        let kept = ROUTE_KEPT.as_secs();
        say!("{}: {}", class, said(change));
        say!(
            "Functions follow within {} seconds. Jobs that have begun stay on their side.",
            kept
        );
        if shadowed.is_some() {
            say!(
                "Only a job whose type promises to leave nothing behind has a shadow (`const SHADOW: bool = true`). \
                 `hikyaku route` says what they came to."
            );
        }
        Outcome::Done
    }
}

fn in_table(reach: &Reach, error: StoreError) -> OperatorError {
    let doing = format!(
        "working on the routes in table `{}`",
        reach.config.ledger_table
    );
    OperatorError::asking(doing, ABOUT_TABLES, error)
}

/// A route in words.
fn said(route: Option<Route>) -> String {
    if let Some(percent) = route.and_then(Route::shadowed) {
        return match percent {
            100 => "php, each with a shadow in rust".to_owned(),
            percent => format!("php, {percent} % with a shadow in rust"),
        };
    }
    match route.map(Route::in_rust) {
        None => "no route, which is Rust wherever it is registered".to_owned(),
        Some(100) => "rust".to_owned(),
        Some(0) => "php".to_owned(),
        Some(percent) => format!("{percent} % rust, {} % php", 100 - percent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_said_as_it_is_typed() {
        assert_eq!(said(Some(Route::RUST)), "rust");
        assert_eq!(said(Some(Route::PHP)), "php");
        assert_eq!(said(Route::percent(10)), "10 % rust, 90 % php");
        assert_eq!(said(Some(Route::SHADOW)), "php, each with a shadow in rust");
    }
}
