//! Routes: on which side the jobs of a class run, where both sides could run them.

use std::fmt;
use std::time::Duration;

use super::BoxFuture;
use super::store::StoreError;
use crate::{Outcome, Timestamp};

/// Where a job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Here, as a registered job.
    Rust,
    /// In the application, which the worker's courier hands it to.
    Php,
}

impl Side {
    /// Its name, as the command line, logs and tables show it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Php => "php",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// Where the jobs of a class run: a share of them in Rust and the others in PHP, or all in PHP and a share of them in Rust
/// too, as shadows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Route(Kind);

/// Of a hundred jobs so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    InRust(u8),
    Shadowed(u8),
}

impl Route {
    /// All jobs run in Rust.
    pub const RUST: Self = Self(Kind::InRust(100));
    /// All jobs run in PHP.
    pub const PHP: Self = Self(Kind::InRust(0));
    /// All jobs run in PHP, and then in Rust with their effects off, to compare what becomes of them
    /// ([`Job::SHADOW`](crate::Job::SHADOW)).
    pub const SHADOW: Self = Self(Kind::Shadowed(100));

    /// So many percent run in Rust. None: it is more than 100.
    pub fn percent(in_rust: u8) -> Option<Self> {
        (in_rust <= 100).then_some(Self(Kind::InRust(in_rust)))
    }

    /// All run in PHP, and so many percent of them have a shadow in Rust. None: it is more than 100.
    pub fn shadow(percent: u8) -> Option<Self> {
        (percent <= 100).then_some(Self(Kind::Shadowed(percent)))
    }

    /// How many percent run in Rust. A shadow is no run.
    pub fn in_rust(self) -> u8 {
        match self.0 {
            Kind::InRust(percent) => percent,
            Kind::Shadowed(_) => 0,
        }
    }

    /// How many percent have a shadow. None: this is no route for shadows.
    pub fn shadowed(self) -> Option<u8> {
        match self.0 {
            Kind::InRust(_) => None,
            Kind::Shadowed(percent) => Some(percent),
        }
    }

    /// The side of the job with this id: the same however often it is asked. A larger share only moves jobs to Rust, a
    /// smaller one only to PHP.
    pub fn side(self, id: &str) -> Side {
        if hundredth(id) < u64::from(self.in_rust()) {
            Side::Rust
        } else {
            Side::Php
        }
    }

    /// Whether the job with this id has a shadow: the same however often it is asked.
    pub fn has_shadow(self, id: &str) -> bool {
        let percent = self.shadowed().unwrap_or(0);
        hundredth(id) < u64::from(percent)
    }
}

/// Which hundredth of all ids this one is in. It is part of what is promised: another function, another hundredth.
fn hundredth(id: &str) -> u64 {
    // FNV-1a over 64 bits (Fowler, Noll, Vo; RFC 9923), whose lower bits are mixed with the upper ones.
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let hash = id.bytes().fold(BASIS, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    });
    (hash ^ (hash >> 32)) % 100
}

/// Where it is said on which side the jobs of a class run.
pub trait Routes: Send + Sync + 'static {
    /// The route of the jobs of this name. None: nobody has set one, so that they run in Rust. One read.
    ///
    /// The engine asks at most once in [`ROUTE_KEPT`](crate::ROUTE_KEPT) for each name and process, and only where the
    /// worker has both a job of this name and a courier.
    fn find<'a>(&'a self, job: &'a str) -> BoxFuture<'a, Result<Option<Route>, StoreError>>;

    /// Counts an attempt in PHP and its shadow. One write. It is asked for once, and again only where the first may not
    /// have been heard: the count is not exact to the last one.
    fn compared<'a>(&'a self, comparison: &'a Comparison) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// What became of an attempt in PHP, and what would have become of it in Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The job's name.
    pub job: String,
    /// Its id.
    pub id: String,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// What became of it in PHP.
    pub php: Compared,
    /// What would have become of it in Rust.
    pub rust: Compared,
    /// When both were known.
    pub at: Timestamp,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The outcome.
    pub outcome: Outcome,
    /// What went wrong, for people.
    pub error: Option<String>,
    /// How long it took.
    pub took: Duration,
}

impl Comparison {
    /// Whether both came to the same.
    pub fn agrees(&self) -> bool {
        // Laravel deletes the message of a job whose model is gone, and calls it done.
        let plain = |outcome| match outcome {
            Outcome::Dropped => Outcome::Done,
            other => other,
        };
        plain(self.php.outcome) == plain(self.rust.outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hundredth_of_an_id_never_changes() {
        // Written down once: jobs in flight while a function is deployed would change their side otherwise.
        assert_eq!(hundredth("9f0c9c0a-6d9e-4b57-8d39-6f2d0f5a3b11"), 37);
        assert_eq!(hundredth(""), 45);
    }
}
