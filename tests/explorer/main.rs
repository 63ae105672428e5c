//! The production engine in every world there is: whichever task goes next, whatever call fails, whoever dies.
//!
//! Small worlds are run in every way they can go; large ones at random. A failure names the rule it broke (`rule.rs`)
//! and shows what happened, as short as it could be made, with the command that shows it again. The tests of this package
//! explore for seconds; `make -C tests explore SECONDS_BUDGET=600` explores all worlds for ten minutes.
//!
//! What the worlds cover is what the engine can do: every guarantee, errors, snoozes, continuation, chains, batches,
//! ordered groups, partial batch responses, locks, unique jobs, commits, checkpoints, poison, heartbeats, failed jobs
//! that are sent again, and messages for somebody else. Rate limits are not among them: hikyaku has none.

#![expect(
    clippy::unwrap_used,
    reason = "what cannot be played is a mistake in a world"
)]
#![expect(
    clippy::expect_used,
    reason = "what cannot be played is a mistake in a world"
)]
#![expect(clippy::print_stdout, reason = "a program that reports")]

mod application;
mod book;
mod campaign;
mod chance;
mod closing;
#[path = "../engine/command.rs"]
mod command;
mod defective;
mod defects;
mod field;
mod groups;
mod jobs;
mod laravel;
mod locks;
mod mixes;
mod mutants;
mod notation;
mod page;
mod play;
mod questions;
mod reached;
mod routed;
mod rule;
mod simulation;
mod spoilt;
mod spoilt_tables;
mod spoilt_worlds;
mod steps;
mod summary;
mod watched;
mod worlds;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use hikyaku_core::testing::explore::repeat;

use self::notation::Notation;

const USAGE: &str =
    "explore [--seconds 600] [--seed 1] [--replay 'WORLD@FAULTS,MOVES,RETRIES:ANSWERS'] [--field]";

/// What was asked for.
enum Order {
    Explore {
        seconds: u64,
        seed: u64,
    },
    Replay(String),
    /// The models of other systems.
    Field,
}

impl Order {
    fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Self, lexopt::Error> {
        use lexopt::prelude::{Long, ValueExt};

        let mut words = lexopt::Parser::from_args(words);
        let (mut seconds, mut seed) = (600, 1);
        while let Some(word) = words.next()? {
            match word {
                Long("seconds") => seconds = words.value()?.parse()?,
                Long("seed") => seed = words.value()?.parse()?,
                Long("replay") => return Ok(Self::Replay(words.value()?.string()?)),
                Long("field") => return Ok(Self::Field),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Self::Explore { seconds, seed })
    }
}

fn main() -> ExitCode {
    let order = match Order::parse(std::env::args_os().skip(1)) {
        Ok(order) => order,
        Err(error) => {
            println!("{error}\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    let ended = match order {
        Order::Explore { seconds, seed } => explore(Duration::from_secs(seconds), seed),
        Order::Replay(run) => replay(&run),
        Order::Field => Ok(field::report()),
    };
    match ended {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(text) => {
            println!("{text}");
            ExitCode::FAILURE
        }
    }
}

/// The table of defects, then all worlds. The error says which rule was broken.
fn explore(time: Duration, seed: u64) -> Result<String, String> {
    let table = mutants::table(4_000..=4_000);
    println!("{table}");
    table.is_complete()?;
    let outcome = campaign::explore(time, seed);
    println!("{outcome}");
    match outcome.failure {
        Some(failure) => Err(failure),
        None => Ok("no rule was broken".to_owned()),
    }
}

/// Runs one run again and tells what happens in it. The error says which rule was broken.
fn replay(run: &str) -> Result<String, String> {
    let notation = Notation::parse(run).ok_or_else(|| format!("`{run}` is not a run\n{USAGE}"))?;
    let Notation {
        world,
        budget,
        answers,
    } = notation;
    let all = worlds::all().into_iter().chain(mutants::worlds());
    let found = all.into_iter().find(|each| each.name == world);
    let found = found.ok_or_else(|| format!("there is no world `{world}`"))?;
    let scenario = found.scenario.with(budget);
    let (ended, trace) = repeat(|choices: &_| scenario.run(choices), &answers);
    let trace = trace.join("\n  ");
    match ended {
        Ok(()) => Ok(format!("{world}\n  {trace}\nno rule was broken")),
        Err(what) => Err(format!("{world}\n  {trace}\n{what}")),
    }
}
