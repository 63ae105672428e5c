//! The routes that are set, how many jobs have begun on which side, and what shadows came to.

use std::time::Duration;

use hikyaku::core::StoreError;
use hikyaku::ledger::{Comparisons, DynamoDbRoutes, RouteSet, SideCounts};
use serde_json::{Value as Json, json};

use super::said;
use crate::output::{self, Text};

/// The classes that have a route, and those of which jobs were counted.
pub(super) struct Listing {
    lines: Vec<Line>,
    counted: bool,
}

impl Listing {
    /// Of all classes, or of the one that is asked for.
    pub(super) async fn read(
        routes: &DynamoDbRoutes,
        asked: Option<&str>,
        counted: bool,
    ) -> Result<Self, StoreError> {
        let set = routes.list().await?;
        let mut lines: Vec<Line> = set.into_iter().map(Line::of).collect();
        for (job, shadows) in routes.comparisons().await? {
            line_of(&mut lines, job).shadows = Some(shadows);
        }
        if counted {
            for (job, counts) in routes.count().await? {
                line_of(&mut lines, job).counts = Some(counts);
            }
        }
        lines.retain(|line| asked.is_none_or(|class| class == line.job));
        Ok(Self { lines, counted })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn show(&self, as_json: bool) {
        if as_json {
            let lines: Vec<_> = self.lines.iter().map(Line::to_json).collect();
            output::json(&lines);
            return;
        }
        if self.is_empty() {
            say!(
                "No route is set: every class that is registered runs in Rust, all others in PHP."
            );
            return;
        }
        if self.counted {
            self.show_counts();
        } else {
            let heading = ["CLASS", "ROUTE", "SET AT (UTC)"].map(str::to_owned);
            let rows = std::iter::once(heading).chain(self.lines.iter().map(Line::cells));
            output::say(&output::table(&rows.collect::<Vec<_>>()));
            say!(
                "\n`--count` counts the jobs on both sides. So does CloudWatch Logs Insights, without the ledger: \
                 filter outcome = \"done\" | stats count(*) by `job.name`, side"
            );
        }
        for line in &self.lines {
            if let Some(shadows) = &line.shadows {
                say!("\n{}", came_to(&line.job, shadows));
            }
        }
    }

    fn show_counts(&self) {
        let heading = ["CLASS", "ROUTE", "SET AT (UTC)", "IN RUST", "IN PHP"].map(str::to_owned);
        let rows = self.lines.iter().map(|line| {
            let [job, route, at] = line.cells();
            let SideCounts { rust, php } = line.counts.unwrap_or_default();
            [job, route, at, rust.to_string(), php.to_string()]
        });
        let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
        output::say(&output::table(&rows));
        say!(
            "\nCounted are the jobs that have begun in the last 15 days, by the side of their last attempt."
        );
    }
}

/// The line of a class, which is added if there is none.
fn line_of(lines: &mut Vec<Line>, job: String) -> &mut Line {
    let at = lines.iter().position(|line| line.job == job);
    let at = at.unwrap_or_else(|| {
        lines.push(Line {
            job,
            ..Line::default()
        });
        lines.len() - 1
    });
    &mut lines[at]
}

/// One class of the list.
#[derive(Default)]
struct Line {
    job: String,
    set: Option<RouteSet>,
    counts: Option<SideCounts>,
    shadows: Option<Comparisons>,
}

impl Line {
    fn of(set: RouteSet) -> Self {
        Self {
            job: set.job.clone(),
            set: Some(set),
            ..Self::default()
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
            "percentShadowed": self.set.as_ref().and_then(|set| set.route.shadowed()),
            "setAt": self.set.as_ref().map(|set| output::rfc3339(set.at)),
            "inRust": self.counts.map(|counts| counts.rust),
            "inPhp": self.counts.map(|counts| counts.php),
            "shadows": self.shadows.as_ref().map(|shadows| json!({
                "same": shadows.agreed,
                "different": shadows.differed,
                "phpMs": millis(shadows.php),
                "rustMs": millis(shadows.rust),
                "since": output::rfc3339(shadows.since),
                "lastDifferent": shadows.last.as_ref().map(|last| json!({
                    "uuid": last.id,
                    "attempt": last.attempt,
                    "php": last.php,
                    "rust": last.rust,
                    "error": last.error,
                    "at": output::rfc3339(last.at),
                })),
            })),
        })
    }
}

/// What the shadows of a class came to, in words.
fn came_to(job: &str, shadows: &Comparisons) -> Text {
    let Comparisons {
        agreed,
        differed,
        php,
        rust,
        since,
        last,
    } = shadows;
    let mut said = text!(
        "The shadows of {} since {}: {} came to the same as PHP, {} to something else.\n\
         An attempt took {} s in PHP and {} s in Rust, on average.",
        job,
        output::moment(*since),
        agreed,
        differed,
        format!("{:.3}", php.as_secs_f64()),
        format!("{:.3}", rust.as_secs_f64()),
    );
    if let Some(last) = last {
        let why = last.error.as_deref().map(|error| format!(": {error}"));
        said.push(&text!(
            "\nThe last that differed, at {}: {}, attempt {}, {} in PHP and {} in Rust{}",
            output::moment(last.at),
            last.id,
            last.attempt,
            last.php,
            last.rust,
            why.unwrap_or_default(),
        ));
    }
    said
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
