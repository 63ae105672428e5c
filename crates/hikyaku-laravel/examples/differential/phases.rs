//! The comparisons.

use std::fmt;
use std::io;

use fastrand::Rng;
use hikyaku_laravel::php::{self, Document, Limits, Names};
use hikyaku_laravel::types::PhpDateTime;
use serde_json::Value as Json;

use crate::census::Census;
use crate::php::{Php, echo};
use crate::{build, edit, texts};

/// Texts that PHP made and that are kept to be changed.
const KEPT: usize = 50_000;

pub(crate) struct Run {
    pub(crate) seed: u32,
    pub(crate) count: usize,
    pub(crate) census: Census,
    pub(crate) kept: Vec<Vec<u8>>,
}

/// Where PHP and this crate differ.
pub(crate) struct Difference(String);

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<io::Error> for Difference {
    fn from(error: io::Error) -> Self {
        Self(format!("talking to php: {error}"))
    }
}

fn shown(text: &[u8]) -> String {
    text.escape_ascii().to_string()
}

impl Run {
    fn rng(&self, phase: u64) -> Rng {
        Rng::with_seed(u64::from(self.seed) << 8 | phase)
    }
}

pub(crate) fn made_by_php(run: &mut Run) -> Result<usize, Difference> {
    let mut php = Php::make("make", run.seed, run.count)?;
    for number in 0..run.count {
        let (text, mangled, plain) = (php.frame()?, php.frame()?, php.frame()?);
        let differs = |what: &str| Difference(format!("value {number}: {what}: {}", shown(&text)));
        let document = php::parse(&text, &Limits::default());
        let document = document.map_err(|error| differs(&format!("not read: {error}")))?;
        let written = php::write(document.root()).map_err(|error| differs(&error.to_string()))?;
        if written != text {
            return Err(differs(&format!("written as {}, not as", shown(&written))));
        }
        for (names, expected) in [(Names::Mangled, mangled), (Names::Plain, plain)] {
            if expected.is_empty() {
                run.census
                    .add("(not projected: a name is not UTF-8, or PHP cannot read its own text)");
                continue;
            }
            let read = php::to_inspection_json(document.root(), names);
            let read = read.map_err(|error| differs(&error.to_string()))?;
            let expected: Json = serde_json::from_slice(&expected)
                .map_err(|error| differs(&format!("php's json: {error}")))?;
            if !same(&read, &expected) {
                return Err(differs(&format!("read as {read}, by php as {expected}")));
            }
        }
        run.census.count(document.root());
        if run.kept.len() < KEPT && edit::fits(&text) {
            run.kept.push(text);
        }
    }
    Ok(run.count)
}

/// Equal but for the last digit of floats, which `serde_json` does not always read to the bit.
fn same(ours: &Json, phps: &Json) -> bool {
    match (ours, phps) {
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            let same_member = |(name, a): (&String, &Json)| b.get(name).is_some_and(|b| same(a, b));
            a.len() == b.len() && a.iter().all(same_member)
        }
        (Json::Number(a), Json::Number(b)) if a.is_f64() => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() <= f64::EPSILON * a.abs() * 2.0 + f64::MIN_POSITIVE,
            _ => false,
        },
        _ => ours == phps,
    }
}

pub(crate) fn dates(run: &mut Run) -> Result<usize, Difference> {
    let count = run.count / 4;
    let mut php = Php::make("dates", run.seed, count)?;
    for number in 0..count {
        let (text, instant) = (php.frame()?, php.frame()?);
        let differs = |what: &str| Difference(format!("date {number}: {what}: {}", shown(&text)));
        let date = php::from_bytes::<PhpDateTime>(&text, &Limits::default());
        let date = date.map_err(|error| differs(&error.to_string()))?;
        let timestamp = date
            .timestamp()
            .map_err(|error| differs(&error.to_string()))?;
        let micros = timestamp.as_microsecond();
        let ours = format!(
            "{} {:06}",
            micros.div_euclid(1_000_000),
            micros.rem_euclid(1_000_000)
        );
        if ours.as_bytes() != instant {
            return Err(differs(&format!("{ours}, by php {}", shown(&instant))));
        }
        let written = php::to_bytes(&date).map_err(|error| differs(&error.to_string()))?;
        if written != text {
            return Err(differs(&format!("written as {}", shown(&written))));
        }
    }
    Ok(count)
}

pub(crate) fn built(run: &mut Run) -> Result<usize, Difference> {
    let mut rng = run.rng(1);
    same_to_php(run.count / 2, |_| {
        let document = build::document(&mut rng).map_err(|error| Difference(error.to_string()))?;
        write(&document)
    })
}

pub(crate) fn serialized(run: &mut Run) -> Result<usize, Difference> {
    let mut rng = run.rng(2);
    same_to_php(run.count / 2, |_| {
        let data = build::Data::random(&mut rng, 4);
        php::to_bytes(&data).map_err(|error| Difference(error.to_string()))
    })
}

pub(crate) fn edited(run: &mut Run) -> Result<usize, Difference> {
    let mut rng = run.rng(3);
    let kept = &run.kept;
    same_to_php(kept.len(), |index| {
        let document = php::parse(&kept[index], &Limits::default());
        let mut document = document.map_err(|error| Difference(error.to_string()))?;
        for _ in 0..rng.usize(1..4) {
            let edited = edit::change(&mut document, &mut rng);
            edited.map_err(|error| Difference(format!("{error}: {}", shown(&kept[index]))))?;
        }
        write(&document)
    })
}

fn write(document: &Document<'_>) -> Result<Vec<u8>, Difference> {
    php::write(document.root()).map_err(|error| Difference(error.to_string()))
}

/// PHP takes each text and writes it back as it is.
fn same_to_php(
    count: usize,
    mut text: impl FnMut(usize) -> Result<Vec<u8>, Difference>,
) -> Result<usize, Difference> {
    let texts = (0..count).map(&mut text).collect::<Result<Vec<_>, _>>()?;
    let mut difference = None;
    echo(&texts, |index, back| {
        if back != texts[index] && difference.is_none() {
            let (ours, php) = (shown(&texts[index]), shown(&back));
            difference = Some(Difference(format!("value {index}: {ours}\nby php {php}")));
        }
        Ok(())
    })?;
    difference.map_or(Ok(count), Err)
}

pub(crate) fn texts(run: &mut Run) -> Result<usize, Difference> {
    let mut rng = run.rng(4);
    let texts: Vec<_> = (0..run.count).map(|_| texts::text(&mut rng)).collect();
    let mut difference = None;
    let mut taken = 0;
    echo(&texts, |index, php| {
        let document = php::parse(&texts[index], &Limits::default());
        let ours = match &document {
            Ok(document) => match php::write(document.root()) {
                Ok(text) => text,
                // `C:`, by accident; PHP has no such class.
                Err(_) => return Ok(()),
            },
            Err(_) => b"refused".to_vec(),
        };
        let refused = php.starts_with(b"refused");
        taken += usize::from(!refused);
        if (refused != document.is_err() || !refused && ours != php) && difference.is_none() {
            let text = shown(&texts[index]);
            let (ours, php) = (shown(&ours), shown(&php));
            difference = Some(Difference(format!(
                "text {index}: {text}\nours   {ours}\nby php {php}"
            )));
        }
        Ok(())
    })?;
    println!("{taken:>8}  of the texts below were taken, the others refused");
    difference.map_or(Ok(run.count), Err)
}
