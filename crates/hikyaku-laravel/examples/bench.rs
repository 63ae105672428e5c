//! How fast serialized jobs are read and written, beside PHP doing the same.
//!
//! `cargo run --release -p hikyaku-laravel --example bench` needs `php`. Both take turns within one run, so that what else
//! the machine does falls on both; the ratio of the best turns is what counts.
#![expect(clippy::print_stdout, reason = "it speaks to a person at a terminal")]
#![expect(clippy::disallowed_methods, reason = "a bench measures time")]
#![expect(
    clippy::cast_precision_loss,
    reason = "a count of jobs is far below 2^52"
)]

use std::error::Error;
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use hikyaku_laravel::php::{Limits, parse, write};

const TURNS: usize = 25;
const ROUNDS: usize = 40;

const PHP: &str = r"
    $texts = json_decode(stream_get_contents(STDIN));
    foreach ($texts as $text) { serialize(unserialize($text)); }
    $start = hrtime(true);
    for ($round = 0; $round < (int) $argv[1]; $round++) {
        foreach ($texts as $text) { serialize(unserialize($text)); }
    }
    echo hrtime(true) - $start;
";

fn main() -> Result<(), Box<dyn Error>> {
    let texts = commands()?;
    let bytes: usize = texts.iter().map(String::len).sum();
    println!(
        "{} serialized jobs of Laravel 8, 10 and 13, {bytes} bytes",
        texts.len()
    );
    let (mut ours, mut reading, mut phps) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TURNS {
        ours.push(rust(&texts)?);
        reading.push(read(&texts)?);
        phps.push(php(&texts)?);
    }
    let microseconds = |seconds: &[f64]| best(seconds) * 1e6 / (texts.len() * ROUNDS) as f64;
    println!(
        "here: {:.2} µs to read and write a job",
        microseconds(&ours)
    );
    println!("      {:.2} µs to read it", microseconds(&reading));
    println!("php:  {:.2} µs to read and write it", microseconds(&phps));
    println!("ratio {:.2}", best(&phps) / best(&ours));
    Ok(())
}

fn rust(texts: &[String]) -> Result<f64, Box<dyn Error>> {
    let start = Instant::now();
    for _ in 0..ROUNDS {
        for text in texts {
            let document = parse(text.as_bytes(), &Limits::default())?;
            black_box(write(document.root())?);
        }
    }
    Ok(start.elapsed().as_secs_f64())
}

fn read(texts: &[String]) -> Result<f64, Box<dyn Error>> {
    let start = Instant::now();
    for _ in 0..ROUNDS {
        for text in texts {
            black_box(parse(text.as_bytes(), &Limits::default())?);
        }
    }
    Ok(start.elapsed().as_secs_f64())
}

fn php(texts: &[String]) -> Result<f64, Box<dyn Error>> {
    let mut child = Command::new("php")
        .args(["-r", PHP, &ROUNDS.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(&serde_json::to_vec(texts)?)?;
    }
    let output = child.wait_with_output()?.stdout;
    let nanoseconds: f64 = String::from_utf8(output)?.trim().parse()?;
    Ok(nanoseconds / 1e9)
}

/// The turn that was disturbed least.
fn best(seconds: &[f64]) -> f64 {
    seconds.iter().copied().fold(f64::INFINITY, f64::min)
}

/// The serialized objects in the fixtures.
fn commands() -> Result<Vec<String>, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/laravel");
    let mut commands = Vec::new();
    for version in ["v8", "v10", "v13"] {
        for file in std::fs::read_dir(root.join(version))? {
            let case: serde_json::Value = serde_json::from_slice(&std::fs::read(file?.path())?)?;
            let messages = case["messages"].as_array().into_iter().flatten();
            let bodies = messages.filter_map(|message| message["MessageBody"].as_str());
            for body in bodies {
                let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
                let command = body["data"]["command"].as_str();
                // PHP would have to know the enums.
                let fits = |text: &&str| text.starts_with("O:") && !text.contains("E:");
                commands.extend(command.filter(fits).map(str::to_owned));
            }
        }
    }
    Ok(commands)
}
