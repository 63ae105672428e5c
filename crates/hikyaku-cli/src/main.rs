//! The command `hikyaku`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command talks to whoever called it"
)]

mod build;
mod cost;
mod dev;
mod doctor;
mod inspect;

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Background jobs in Rust on AWS Lambda.
#[derive(Debug, Parser)]
#[command(name = "hikyaku", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the queues, functions, schedules and tables of a template on this machine
    Dev(dev::Dev),
    /// Compare what jobs cost on Lambda with what runs day and night today
    Cost(Box<cost::Cost>),
    /// Say what of a template would hurt in production
    Doctor(doctor::Doctor),
    /// Show what is in a message
    Inspect(inspect::Inspect),
}

fn main() -> ExitCode {
    let outcome: Result<(), Box<dyn Error>> = match Arguments::parse().command {
        Command::Dev(dev) => dev.run().map_err(Box::from),
        Command::Cost(cost) => cost.run().map_err(Box::from),
        Command::Doctor(doctor) => doctor.run().map_err(Box::from),
        Command::Inspect(inspect) => inspect.run().map_err(Box::from),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hikyaku: {}", hikyaku::explain(&*error));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
