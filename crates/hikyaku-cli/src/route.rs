//! `hikyaku route`: on which side the jobs of a class run.

use clap::{Args, ValueEnum};
use hikyaku::SystemClock;
use hikyaku::core::{Clock as _, ROUTE_KEPT, Route};
use hikyaku::ledger::{DynamoDbRoutes, RouteSet, SideCounts};
use serde_json::{Value as Json, json};

use crate::outcome::{OperatorError, Outcome};
use crate::output;
use crate::place::{ABOUT_TABLES, Place, Reach};

/// What `hikyaku route` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct SetRoute {
    /// The class (`App\Jobs\ImportCsv`), or the name of a string job; without one, all routes are listed
    class: Option<String>,
    /// Where its jobs run from now on
    #[arg(requires = "class")]
    side: Option<Target>,
    /// So many of a hundred jobs run in Rust, and the others in PHP
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
    /// In both, to compare them: refused
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
                "--percent says how many jobs run in Rust: `hikyaku route CLASS rust --percent 10`".to_owned(),
            )),
            (Some(Target::Shadow), _) => Err(OperatorError::Given(
                "there is no `shadow`: nothing can keep the code of a job from sending the mail or writing the row that PHP sends \
                 and writes too. Route a small part instead (`rust --percent 1`), and take it back with `php`"
                    .to_owned(),
            )),
        }
    }

    async fn apply_or_list(
        self,
        change: Option<Route>,
        reach: Reach,
    ) -> Result<Outcome, OperatorError> {
        let routes = DynamoDbRoutes::new(reach.dynamodb.clone(), &reach.config);
        let table = &reach.config.ledger_table;
        let failed = |error| {
            let doing = format!("working on the routes in table `{table}`");
            OperatorError::asking(doing, ABOUT_TABLES, error)
        };
        let Some(class) = self
            .class
            .as_deref()
            .filter(|_| change.is_some() || self.remove)
        else {
            let all = routes.list().await.map_err(failed)?;
            let counts = if self.count {
                Some(routes.count().await.map_err(failed)?)
            } else {
                None
            };
            let is_asked = |name: &str| self.class.as_deref().is_none_or(|class| class == name);
            let mut listed: Vec<Line> = all
                .into_iter()
                .map(|set| Line::of(set.job.clone(), Some(set)))
                .collect();
            for (job, count) in counts.into_iter().flatten() {
                match listed.iter_mut().find(|line| line.job == job) {
                    Some(line) => line.counts = Some(count),
                    None => listed.push(Line {
                        counts: Some(count),
                        ..Line::of(job, None)
                    }),
                }
            }
            listed.retain(|line| is_asked(&line.job));
            self.show(&listed);
            return Ok(Outcome::of(!listed.is_empty() || self.class.is_none()));
        };
        match change {
            Some(route) => routes.set(class, route, SystemClock.now()).await,
            None => routes.remove(class).await,
        }
        .map_err(failed)?;
        if self.place.json {
            let percent = change.map(Route::in_rust);
            output::json(&json!({ "class": class, "percentInRust": percent }));
        } else {
            let kept = ROUTE_KEPT.as_secs();
            say!("{class}: {}", said(change));
            say!(
                "Functions follow within {kept} seconds. Jobs that have begun stay on their side."
            );
        }
        Ok(Outcome::Done)
    }

    fn show(&self, lines: &[Line]) {
        if self.place.json {
            let lines: Vec<_> = lines.iter().map(Line::to_json).collect();
            output::json(&lines);
        } else if lines.is_empty() {
            say!(
                "No route is set: every class that is registered runs in Rust, all others in PHP."
            );
        } else if self.count {
            let heading =
                ["CLASS", "ROUTE", "SET AT (UTC)", "IN RUST", "IN PHP"].map(str::to_owned);
            let rows = lines.iter().map(|line| {
                let [job, route, at] = line.cells();
                let counts = line.counts.unwrap_or_default();
                [
                    job,
                    route,
                    at,
                    counts.rust.to_string(),
                    counts.php.to_string(),
                ]
            });
            let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
            say_as_is!("{}", output::table(&rows));
            say!(
                "\nCounted are the jobs that have begun in the last 15 days, by the side of their last attempt."
            );
        } else {
            let heading = ["CLASS", "ROUTE", "SET AT (UTC)"].map(str::to_owned);
            let rows: Vec<_> = std::iter::once(heading)
                .chain(lines.iter().map(Line::cells))
                .collect();
            say_as_is!("{}", output::table(&rows));
            say!(
                "\n`--count` counts the jobs on both sides. So does CloudWatch Logs Insights, without the ledger: \
                 filter outcome = \"done\" | stats count(*) by `job.name`, side"
            );
        }
    }
}

/// One class of the list.
struct Line {
    job: String,
    set: Option<RouteSet>,
    counts: Option<SideCounts>,
}

impl Line {
    fn of(job: String, set: Option<RouteSet>) -> Self {
        Self {
            job,
            set,
            counts: None,
        }
    }

    fn cells(&self) -> [String; 3] {
        let at = self.set.as_ref().map(|set| output::moment(set.at));
        let route = match &self.set {
            Some(set) => said(Some(set.route)),
            None => "no route".to_owned(),
        };
        [self.job.clone(), route, at.unwrap_or_default()]
    }

    fn to_json(&self) -> Json {
        json!({
            "class": self.job,
            "percentInRust": self.set.as_ref().map(|set| set.route.in_rust()),
            "setAt": self.set.as_ref().map(|set| output::rfc3339(set.at)),
            "inRust": self.counts.map(|counts| counts.rust),
            "inPhp": self.counts.map(|counts| counts.php),
        })
    }
}

/// A route in words.
fn said(route: Option<Route>) -> String {
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
    }
}
