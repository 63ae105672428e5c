//! A real Laravel application and functions in Rust, playing against each other on the local cloud.
//!
//! `make -C tests laravel` runs it. Each scene dispatches from PHP, through Laravel's own queue, waits until the queues are
//! empty, and compares what Rust did, what the tables hold and what `php artisan` shows with what should be. It exits 1
//! on any difference. Words on its command line choose the scenes whose titles hold them; `--seed 7` before them chooses what
//! breaks when.
//!
//! With `--every-job` it plays none of them: `make run-laravel` shows a job of each kind on the way to PHP or to Rust.

#![expect(clippy::print_stdout, reason = "it speaks to a person at a terminal")]

mod ecs;
mod every_job;
mod flaky;
mod living;
mod php;
mod scene;
mod scenes;
mod seen;
mod stage;
mod web;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use ecs::Ecs;
use flaky::Flaky;
use scene::Scene;
use scenes::Play;
use stage::Stage;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let ended = match &words[..] {
        [word] if word == "--every-job" => every_job::run().await,
        [word, seed, words @ ..] if word == "--seed" => match seed.parse() {
            Ok(seed) => run(words, seed).await,
            Err(_) => Err(format!("--seed {seed}: expected a whole number").into()),
        },
        words => run(words, 1).await,
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("\nIt broke off: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(words: &[String], seed: u64) -> Result<bool> {
    let chosen = |play: &Play| words.iter().any(|word| play.title.contains(word.as_str()));
    let played: Vec<_> = scenes::all()
        .into_iter()
        .filter(|play| words.is_empty() || chosen(play))
        .collect();
    let flaky = Arc::new(Flaky::new(seed).await?);
    let ecs = Arc::new(Ecs::new()?);
    let stage = Arc::new(Stage::set(flaky.port()?, ecs.url()?).await?);
    println!(
        "Laravel {} on PHP {}; what is left of this run: {}\n",
        stage.php.laravel().await?,
        stage.php.version().await?,
        stage.folder.display()
    );
    let mut failed = 0;
    for play in &played {
        stage.clear().await?;
        let mut scene = Scene::new(Arc::clone(&stage), Arc::clone(&flaky), Arc::clone(&ecs))?;
        if let Err(error) = (play.act)(&mut scene).await {
            scene.differs(format!("it broke off: {error}"));
        }
        failed += usize::from(!scene.print(play.title));
    }
    println!(
        "\n{} scenes played, {failed} of them not as they should be.",
        played.len()
    );
    Arc::into_inner(stage)
        .ok_or("a scene goes on")?
        .cloud
        .stop()
        .await;
    Ok(failed == 0 && !played.is_empty())
}
