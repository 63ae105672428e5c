//! The campaign from its first message to its verdict.

#![expect(clippy::print_stdout, reason = "it speaks to a person at a terminal")]

mod book;
mod field;
mod mischief;
mod plan;
mod proxy;
mod stage;
mod table;
mod verdict;
mod watch;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use hikyaku_local::clock::{Clock as _, SystemClock};
use hikyaku_local::cloud::Cloud;
use hikyaku_local::faults::Struck;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use book::Book;
use field::Field;
use mischief::{Done, Mischief};
use plan::Plan;
use proxy::Proxy;
use stage::Database;
use table::Facts;
use verdict::{Verdict, Wrong};
use watch::Watch;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How many processes may be frozen for a while at the same time.
const FROZEN_AT_ONCE: u64 = 2;
/// How many processes may be frozen beyond their leases at the same time.
const ZOMBIES_AT_ONCE: u64 = 6;
/// Processes are left alone when only this part of all jobs is left, so that there is an end to it.
const QUIET_SHARE: usize = 50;
/// Histories that are printed of jobs that are not as promised.
const MOST_HISTORIES: usize = 5;

/// Thousands of jobs, and all that can go wrong.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many jobs, links of chains and members of batches counted
    #[arg(long, default_value_t = 1000)]
    jobs: usize,
    /// What the order of jobs, and every fault and mischief, follow from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// After so many seconds it has failed
    #[arg(long, default_value_t = 1800)]
    patience: u64,
    /// Take the keys from keyed effects: then it has to fail, and shows that it can
    #[arg(long)]
    without_keys: bool,
    /// Let this program (microburst) make the faults, instead of our own port
    #[arg(long, value_name = "PROGRAM")]
    microburst: Option<PathBuf>,
    /// Write the results here as well
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Runs the campaign that the command line asks for.
pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Runtime::new();
    let ran = runtime
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(run(&arguments)));
    match ran {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            println!(
                "\nNot everything is as promised. SEED={} sends the same jobs again and throws the same dice.",
                arguments.seed
            );
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("\nIt broke off: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<bool> {
    let mut plan = Plan::of(arguments.jobs, arguments.seed);
    let folder = tempfile::tempdir()?;
    let database = Database::create(folder.path()).await?;
    let ids = plan
        .jobs
        .iter()
        .filter_map(|job| Some((job.id.clone()?, job.subject.clone())));
    let book = Book::new(arguments.seed, ids);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?.to_string();
    let keys = !arguments.without_keys;
    let program = arguments.microburst.clone();
    let proxy = program.map(|program| Proxy::new(program, folder.path()));
    let proxy = proxy.transpose()?;
    let cloud = stage::start(
        arguments.seed,
        &book,
        &address,
        &database,
        keys,
        proxy.as_ref(),
    )
    .await?;
    stage::create_batches(&cloud, &plan)?;

    let mut attendants = JoinSet::new();
    attendants.spawn(book.clone().listen(listener));
    let watch = Watch::default();
    attendants.spawn(watch.clone().over(cloud.watch()));
    let done = Arc::new(Done::default());
    println!("{} jobs, seed {} …", plan.jobs.len(), arguments.seed);
    let field = Field {
        cloud: &cloud,
        book: &book,
        began_ms: SystemClock.now_ms(),
        patience_ms: arguments.patience * 1000,
    };
    let drained = storm(arguments.seed, &mut plan, &field, &watch, &done).await?;
    let drained_ms = SystemClock.now_ms() - field.began_ms;

    let verdict = Verdict::of(&plan, &book, &cloud, &database).await?;
    let facts = Facts {
        jobs: plan.jobs.len(),
        seed: arguments.seed,
        drained_ms,
        book: &book,
        verdict: &verdict,
        done: &done,
        processes: watch.counts(),
        faults: cloud.faults().map(Struck::counts).unwrap_or_default(),
    };
    conclude(arguments, &facts, drained)?;
    if let Some(proxy) = &proxy {
        println!("{}", proxy.counts()?);
    }
    cloud.stop().await;
    Ok(drained && verdict.wrong.is_empty())
}

/// Sends everything while everything goes wrong, and waits for the end of it. False: it took too long.
async fn storm(
    seed: u64,
    plan: &mut Plan,
    field: &Field<'_>,
    watch: &Watch,
    done: &Arc<Done>,
) -> Result<bool> {
    let mut mischiefs = set_loose(seed, plan, watch, field.book, field.cloud, done);
    let few = plan.jobs.len() / QUIET_SHARE;
    let calm = field.send(plan).await? && field.until_left(few).await?;
    done.enough();
    while let Some(ended) = mischiefs.join_next().await {
        ended??;
    }
    Ok(calm && field.until_left(0).await?)
}

fn conclude(arguments: &Arguments, facts: &Facts<'_>, drained: bool) -> Result<()> {
    let table = facts.table();
    println!("\n{table}");
    if let Some(path) = &arguments.report {
        std::fs::write(path, &table)?;
    }
    if !drained {
        println!(
            "Some messages were still in their queues after {} s.",
            arguments.patience
        );
    }
    tell_histories(&facts.verdict.wrong, facts.book);
    Ok(())
}

/// Lets everything loose that is done to processes.
fn set_loose(
    seed: u64,
    plan: &Plan,
    watch: &Watch,
    book: &Book,
    cloud: &Cloud,
    done: &Arc<Done>,
) -> JoinSet<Result<()>> {
    let zombies = plan.messages.iter().filter(|message| message.zombie);
    let bodies = zombies.map(|message| (message.subject.clone(), message.body.clone()));
    let mischief = Mischief {
        seed,
        watch: watch.clone(),
        book: book.clone(),
        sqs: cloud.sqs().clone(),
        bodies: Arc::new(bodies.collect()),
        done: Arc::clone(done),
    };
    let mut mischiefs = JoinSet::new();
    let killer = mischief.clone();
    mischiefs.spawn(async move {
        killer.kill().await;
        Ok(())
    });
    for number in 0..FROZEN_AT_ONCE {
        let freezer = mischief.clone();
        mischiefs.spawn(async move {
            freezer.freeze(number).await;
            Ok(())
        });
    }
    for number in 0..ZOMBIES_AT_ONCE {
        mischiefs.spawn(mischief.clone().raise_zombies(number));
    }
    mischiefs
}

/// Prints what is known of jobs that are not as promised.
fn tell_histories(wrong: &[Wrong], book: &Book) {
    for Wrong {
        subject,
        what,
        lost,
        doubled,
    } in wrong.iter().take(MOST_HISTORIES)
    {
        let word = match (lost, doubled) {
            (true, _) => "LOST",
            (_, true) => "DOUBLED",
            _ => "WRONG",
        };
        let tale = book.tale(subject);
        println!(
            "\n{word}: {subject} ({}): {what}",
            tale.id.unwrap_or_default()
        );
        for (at, line) in tale.lines {
            println!("  {at} {line}");
        }
    }
    if wrong.len() > MOST_HISTORIES {
        println!("\n… and {} more", wrong.len() - MOST_HISTORIES);
    }
}
