//! `hikyaku tail`: the log lines of a job, or of functions.

use std::io;
use std::time::Duration;

use clap::Args;
use hikyaku::core::Clock as _;
use hikyaku::{SystemClock, Timestamp};

use crate::functions::Function;
use crate::logs::{Level, Line, Reader};
use crate::outcome::{OperatorError, Outcome};
use crate::output::{self, Text};
use crate::place::{Place, Reach};
use crate::time::Since;

/// How far back functions are read, and a job.
const AN_HOUR: Since = Since::Ago(Duration::from_hours(1));
const A_DAY: Since = Since::Ago(Duration::from_hours(24));

/// How often it is asked for more. An account has few such requests a second, for all its readers together (Amazon
/// CloudWatch Logs user guide, "CloudWatch Logs quotas", `FilterLogEvents`).
const AGAIN: Duration = Duration::from_secs(2);

/// What `hikyaku tail` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Tail {
    /// A job: only the lines that have its uuid
    #[arg(value_name = "UUID")]
    uuid: Option<String>,
    /// A function, by its name or a part of it, or a log group from its slash on; may be repeated. Without it, all functions
    /// that have this ledger
    #[arg(long = "function", value_name = "NAME")]
    functions: Vec<String>,
    /// Go on, with what is logged from now on, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// How far back: 10m, 6h, 2d or a time such as 2026-11-26T10:00:00Z [default: 1h, and 1d for a job]
    #[arg(long, value_name = "TIME")]
    since: Option<Since>,
    /// Lines of this level and above; what has no level is always shown
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = Level::Info)]
    level: Level,
    #[command(flatten)]
    place: Place,
}

impl Tail {
    /// Prints what was logged; with `--follow` until Ctrl-C, or until nobody reads.
    pub(crate) fn run(self) -> Result<Outcome, OperatorError> {
        self.place.run(|reach| self.clone().tail(reach))
    }

    async fn tail(self, reach: Reach) -> Result<Outcome, OperatorError> {
        let functions = match self.functions.as_slice() {
            [] => reach.functions().await?,
            names => reach.functions_named(names).await?,
        };
        let mut reader = match &self.uuid {
            Some(uuid) => Reader::of_job(&functions, uuid, self.from()),
            None => Reader::new(&functions, None, self.from()),
        };
        let mut shown = 0;
        loop {
            let lines = reader.read(&reach).await?;
            for line in lines.iter().filter(|line| line.is_at_least(self.level)) {
                shown += 1;
                if self.print(line).is_err() {
                    return Ok(Outcome::Done);
                }
            }
            if !self.follow {
                return Ok(self.end(shown, &functions));
            }
            tokio::select! {
                _ = tokio::signal::ctrl_c() => return Ok(Outcome::Done),
                () = tokio::time::sleep(AGAIN) => {}
            }
        }
    }

    fn from(&self) -> Timestamp {
        let usual = if self.uuid.is_some() { A_DAY } else { AN_HOUR };
        self.since.unwrap_or(usual).moment(SystemClock.now())
    }

    /// An error: whoever read this has gone away.
    fn print(&self, line: &Line) -> io::Result<()> {
        let text = if self.place.json {
            output::json_line(&line.to_json())?
        } else {
            line.text(self.uuid.as_deref())
        };
        output::try_to_say(&Text::lines(&[text]))
    }

    fn end(&self, shown: usize, functions: &[Function]) -> Outcome {
        if shown > 0 {
            return Outcome::Done;
        }
        let names: Vec<_> = functions
            .iter()
            .map(|function| function.name.as_str())
            .collect();
        let of_what = match &self.uuid {
            Some(uuid) => format!("of job `{uuid}` in {}", names.join(", ")),
            None => format!("in {}", names.join(", ")),
        };
        tell!(
            "hikyaku: no lines {} since {} UTC (--since says how far back, --level debug shows more; what was \
             just logged takes a few seconds on AWS)",
            of_what,
            output::moment(self.from())
        );
        Outcome::of(self.uuid.is_none())
    }
}
