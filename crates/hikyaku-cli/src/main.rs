//! The command `hikyaku`.

#[macro_use]
mod output;

mod build;
mod completions;
mod confirm;
mod cost;
mod dev;
mod dispatch;
mod doctor;
mod failed;
mod functions;
mod inspect;
mod logs;
mod metrics;
mod new;
mod outcome;
mod place;
mod queues;
mod route;
mod show;
mod spent;
mod tail;
mod time;

use std::error::Error;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use outcome::Outcome;

/// Background jobs in Rust on AWS Lambda.
#[derive(Debug, Parser)]
#[command(name = "hikyaku", version, propagate_version = true, max_term_width = 80, after_help = outcome::EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a project of your own: one job, its test, its template
    New(new::New),
    /// Run the queues, functions, schedules and tables of a template on this machine
    Dev(dev::Dev),
    /// Compare what jobs cost on Lambda with what runs day and night today
    Cost(Box<cost::Cost>),
    /// Say what each job type has cost, by its own metrics
    Spent(spent::Spent),
    /// Say what of a template would hurt in production
    Doctor(doctor::Doctor),
    /// Show what is in a message
    Inspect(inspect::Inspect),
    /// Send a job, as an application does
    Dispatch(dispatch::Dispatch),
    /// List failed jobs (artisan queue:failed)
    Failed(failed::Failed),
    /// Show all that is known of one job
    Show(show::Show),
    /// Print the log lines of a job or of functions
    Tail(tail::Tail),
    /// Send failed jobs again, under their uuids (queue:retry)
    Retry(failed::Retry),
    /// Delete failed jobs by their uuids (queue:forget)
    Forget(failed::Forget),
    /// Delete all failed jobs (queue:flush)
    Flush(failed::Flush),
    /// Delete old failed jobs (queue:prune-failed)
    PruneFailed(failed::PruneFailed),
    /// Say which classes run in Rust and which in PHP, without a deploy
    Route(route::SetRoute),
    /// Show the queues and how fast jobs run (queue:monitor)
    Monitor(queues::Monitor),
    /// Let no function read a queue; its messages wait
    Pause(queues::Pause),
    /// Let functions read a queue again
    Resume(queues::Resume),
    /// Delete all messages of a queue (queue:clear)
    Clear(queues::Clear),
    /// Print a script that completes these words in a shell
    Completions(completions::Completions),
}

impl Command {
    fn run(self) -> Result<Outcome, Box<dyn Error>> {
        match self {
            Self::New(new) => new.run()?,
            Self::Dev(dev) => dev.run()?,
            Self::Cost(cost) => cost.run()?,
            Self::Doctor(doctor) => doctor.run()?,
            Self::Inspect(inspect) => inspect.run()?,
            Self::Failed(failed) => return Ok(failed.run()?),
            Self::Show(show) => return Ok(show.run()?),
            Self::Spent(spent) => return Ok(spent.run()?),
            Self::Tail(tail) => return Ok(tail.run()?),
            Self::Retry(retry) => return Ok(retry.run()?),
            Self::Forget(forget) => return Ok(forget.run()?),
            Self::Flush(flush) => return Ok(flush.run()?),
            Self::PruneFailed(prune) => return Ok(prune.run()?),
            Self::Dispatch(dispatch) => return Ok(dispatch.run()?),
            Self::Route(route) => return Ok(route.run()?),
            Self::Monitor(monitor) => return Ok(monitor.run()?),
            Self::Pause(pause) => return Ok(pause.run()?),
            Self::Resume(resume) => return Ok(resume.run()?),
            Self::Clear(clear) => return Ok(clear.run()?),
            Self::Completions(completions) => completions.run(&mut Arguments::command()),
        }
        Ok(Outcome::Done)
    }
}

fn main() -> ExitCode {
    match Arguments::parse().command.run() {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            tell!("hikyaku: {}", hikyaku::explain(&*error));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_help_fits_a_terminal_of_80_columns() {
        let mut command = Arguments::command();
        command.build();
        let mut seen = 0;
        let subcommands = command.get_subcommands().cloned();
        let all: Vec<_> = std::iter::once(command.clone())
            .chain(subcommands)
            .collect();
        for mut command in all {
            for help in [command.render_help(), command.render_long_help()] {
                for line in help.to_string().lines() {
                    let columns = line.chars().count();
                    assert!(
                        columns <= 80,
                        "{}: {columns} columns: {line}",
                        command.get_name()
                    );
                    seen += 1;
                }
            }
        }
        assert!(seen > 100);
    }
}
