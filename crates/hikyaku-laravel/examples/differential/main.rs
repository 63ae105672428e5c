//! Compares this crate with PHP itself, on random values made by both.
//!
//! `cargo run -p hikyaku-laravel --example differential [SEED [COUNT]]` needs `php` and takes about a
//! minute for the default of 150,000 values. It stops at the first difference with exit code 1, and prints the seed that
//! makes it again.
#![expect(clippy::print_stdout, reason = "it speaks to a person at a terminal")]
#![expect(
    clippy::disallowed_methods,
    reason = "a test's clock may be the machine's"
)]

mod build;
mod census;
mod edit;
mod phases;
mod php;
mod texts;

use std::process::ExitCode;
use std::time::Instant;

use self::census::Census;
use self::phases::{Difference, Run};

const COUNT: usize = 150_000;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let mut number = || words.next().map(|word| word.parse::<u32>());
    let (seed, count) = (number(), number());
    let (Ok(seed), Ok(count)) = (seed.transpose(), count.transpose()) else {
        println!("usage: differential [SEED [COUNT]]");
        return ExitCode::from(2);
    };
    // PHP adds the number of the value; the sum must stay a small number there.
    let seed = seed.unwrap_or_else(|| fastrand::u32(..1_000_000_000));
    let count = count.map_or(COUNT, |count| count as usize);
    println!("seed {seed}, {count} values of each kind of test");
    let mut run = Run {
        seed,
        count,
        census: Census::default(),
        kept: Vec::new(),
    };
    match all(&mut run) {
        Ok(()) => {
            println!("{}", run.census);
            ExitCode::SUCCESS
        }
        Err(difference) => {
            println!("DIFFERENCE with seed {seed}: {difference}");
            ExitCode::FAILURE
        }
    }
}

type Phase = fn(&mut Run) -> Result<usize, Difference>;

fn all(run: &mut Run) -> Result<(), Difference> {
    let phases: [(&str, Phase); 6] = [
        (
            "made by PHP: read as PHP reads it, written as PHP wrote it",
            phases::made_by_php,
        ),
        ("dates made by PHP: the instant PHP means", phases::dates),
        ("built in Rust: PHP writes back the same", phases::built),
        (
            "serialized with serde: PHP writes back the same",
            phases::serialized,
        ),
        (
            "made by PHP and changed in Rust: PHP writes back the same",
            phases::edited,
        ),
        (
            "odd and wrong texts: taken, refused and written as PHP does",
            phases::texts,
        ),
    ];
    for (name, phase) in phases {
        let start = Instant::now();
        let compared = phase(run)?;
        println!(
            "{compared:>8}  {name} ({:.1} s)",
            start.elapsed().as_secs_f64()
        );
    }
    Ok(())
}
