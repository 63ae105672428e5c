//! The trace header, and the count of hops in it.
//!
//! `Root=…;Parent=…;Sampled=…;Lineage=HASH:COUNT|HASH:COUNT`. Lambda writes into the lineage how often each function was
//! invoked in one chain of requests (AWS, "Use Lambda recursive loop detection"). The AWS SDKs send the header along with
//! every call a function makes, SQS keeps it as the message's `AWSTraceHeader`, and so a loop is seen.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// Invocations of one function in one chain before the next is dropped: "approximately 16" in AWS's words.
pub const MAX_HOPS: u32 = 16;

/// A parsed trace header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    root: String,
    parent: Option<String>,
    sampled: bool,
    lineage: BTreeMap<String, u32>,
}

impl Trace {
    /// A new chain of requests that starts at `now_ms` (milliseconds since 1970).
    pub fn start(now_ms: u64) -> Self {
        let root = format!("1-{:08x}-{:024x}", now_ms / 1000, fastrand::u128(..) >> 32);
        Self {
            root,
            parent: None,
            sampled: false,
            lineage: BTreeMap::new(),
        }
    }

    /// Reads a header. Without a root it is none.
    pub fn parse(header: &str) -> Option<Self> {
        let mut trace = Self {
            root: String::new(),
            parent: None,
            sampled: false,
            lineage: BTreeMap::new(),
        };
        for part in header.split(';') {
            match part.trim().split_once('=')? {
                ("Root", root) => root.clone_into(&mut trace.root),
                ("Parent", parent) => trace.parent = Some(parent.to_owned()),
                ("Sampled", sampled) => trace.sampled = sampled == "1",
                ("Lineage", lineage) => trace.lineage = parse_lineage(lineage),
                _ => {}
            }
        }
        (!trace.root.is_empty()).then_some(trace)
    }

    /// How often the function with this ARN was invoked in this chain.
    pub fn hops(&self, function_arn: &str) -> u32 {
        self.lineage
            .get(&fingerprint(function_arn))
            .copied()
            .unwrap_or(0)
    }

    /// The chain with one more invocation of the function with this ARN.
    #[must_use]
    pub fn enter(mut self, function_arn: &str) -> Self {
        *self.lineage.entry(fingerprint(function_arn)).or_insert(0) += 1;
        self.parent = Some(format!("{:016x}", fastrand::u64(..)));
        self
    }

    /// The chain of a batch of messages, if one of them has one. Messages of one chain continue it; others would be logged
    /// and traced as somebody else's, so that they begin one of their own. The longest lineage counts in either.
    pub fn of_batch(messages: &[Option<Self>], now_ms: u64) -> Option<Self> {
        let first = messages.iter().flatten().next()?;
        let is_of_it = |message: &Option<Self>| {
            message
                .as_ref()
                .is_some_and(|trace| trace.root == first.root)
        };
        let chain = if messages.iter().all(is_of_it) {
            first.clone()
        } else {
            Self::start(now_ms)
        };
        Some(messages.iter().flatten().fold(chain, Self::merge))
    }

    fn merge(mut self, other: &Self) -> Self {
        for (function, hops) in &other.lineage {
            let mine = self.lineage.entry(function.clone()).or_insert(0);
            *mine = (*mine).max(*hops);
        }
        self
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root={}", self.root)?;
        if let Some(parent) = &self.parent {
            write!(f, ";Parent={parent}")?;
        }
        write!(f, ";Sampled={}", u8::from(self.sampled))?;
        let mut separator = ";Lineage=";
        for (function, hops) in &self.lineage {
            write!(f, "{separator}{function}:{hops}")?;
            separator = "|";
        }
        Ok(())
    }
}

fn parse_lineage(lineage: &str) -> BTreeMap<String, u32> {
    lineage
        .split('|')
        .filter_map(|entry| entry.rsplit_once(':'))
        .filter_map(|(function, hops)| Some((function.to_owned(), hops.parse().ok()?)))
        .collect()
}

/// Eight hexadecimal digits that stand for a function.
fn fingerprint(function_arn: &str) -> String {
    let mut hasher = DefaultHasher::new();
    function_arn.hash(&mut hasher);
    format!("{:08x}", hasher.finish() >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hops_survive_a_header() {
        let trace = Trace::start(1_700_000_000_000)
            .enter("a")
            .enter("b")
            .enter("a");
        let read = Trace::parse(&trace.to_string()).unwrap();
        assert_eq!(read, trace);
        assert_eq!((read.hops("a"), read.hops("b"), read.hops("c")), (2, 1, 0));
    }

    #[test]
    fn a_root_has_the_shape_of_x_ray() {
        let header = Trace::start(1_700_000_000_000).to_string();
        let root = header
            .strip_prefix("Root=")
            .unwrap()
            .split(';')
            .next()
            .unwrap();
        let parts: Vec<_> = root.split('-').map(str::len).collect();
        assert_eq!(parts, [1, 8, 24]);
    }

    #[test]
    fn foreign_lineages_are_kept() {
        let trace =
            Trace::parse("Root=1-a-b;Parent=c;Sampled=1;Lineage=a87bd80c:1|68fd508a:5").unwrap();
        assert_eq!(
            trace.to_string(),
            "Root=1-a-b;Parent=c;Sampled=1;Lineage=68fd508a:5|a87bd80c:1"
        );
    }

    #[test]
    fn a_batch_takes_the_longest_lineage() {
        let long = Trace::start(0).enter("a").enter("a");
        assert_eq!(Trace::start(0).enter("a").merge(&long).hops("a"), 2);
    }

    #[test]
    fn nonsense_is_no_trace() {
        assert_eq!(Trace::parse("nonsense"), None);
        assert_eq!(Trace::parse("Sampled=1"), None);
    }
}
