//! Routes: on which side the jobs of a class run, where both sides could run them.

use std::fmt;

use super::BoxFuture;
use super::store::StoreError;

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

/// How many of a class's jobs run in Rust, in percent. The others run in PHP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Route(u8);

impl Route {
    /// All jobs run in Rust.
    pub const RUST: Self = Self(100);
    /// All jobs run in PHP.
    pub const PHP: Self = Self(0);

    /// So many percent run in Rust. None: it is more than 100.
    pub fn percent(in_rust: u8) -> Option<Self> {
        (in_rust <= 100).then_some(Self(in_rust))
    }

    /// How many percent run in Rust.
    pub fn in_rust(self) -> u8 {
        self.0
    }

    /// The side of the job with this id: the same however often it is asked. A larger share only moves jobs to Rust, a
    /// smaller one only to PHP.
    pub fn side(self, id: &str) -> Side {
        if hundredth(id) < u64::from(self.0) {
            Side::Rust
        } else {
            Side::Php
        }
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
