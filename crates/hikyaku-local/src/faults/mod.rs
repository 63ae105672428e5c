//! The fault port: what a network and two busy services do to requests, on purpose and from a seed.
//!
//! With [`Options::faults`](crate::cloud::Options::faults) it stands in front of SQS and DynamoDB. Requests pass through it
//! byte for byte, except those that its [`Rule`]s strike. Without that option it is not there at all.
//!
//! Rules are asked in their order; the first that strikes wins. Whether a rule strikes the n-th request of an operation
//! follows from the seed alone: the same seed gives the same faults for as long as requests of each operation come in the
//! same order, whatever happens between them.
//!
//! ```
//! # use hikyaku_local::faults::Faults;
//! let faults: Faults = serde_json::from_str(r#"{
//!     "seed": 7,
//!     "rules": [
//!         { "service": "dynamodb", "operations": ["UpdateItem"], "fault": "lose-answer", "probability": 0.01 },
//!         { "fault": { "hang": { "seconds": 4 } }, "probability": 0.001 }
//!     ]
//! }"#)?;
//! assert_eq!(faults.rules.len(), 2);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! The event source mappings of the local cloud take their messages from SQS without this port, as AWS's own pollers do
//! not share a function's network. S3 has no port here, so it has none.

mod answers;
mod dice;
mod operation;
mod port;
mod wire;

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

pub(crate) use dice::Dice;
pub(crate) use port::Port;
pub use port::Struck;

/// Which requests fail, and how.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faults {
    /// What every decision follows from.
    #[serde(default)]
    pub seed: u64,
    /// Asked in this order.
    pub rules: Vec<Rule>,
}

/// One kind of fault for one kind of request.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Whose requests; those of both services by default.
    #[serde(default)]
    pub service: Option<Target>,
    /// Which operations, by their names in the API, such as `UpdateItem`; all by default.
    #[serde(default)]
    pub operations: Vec<String>,
    /// What happens.
    pub fault: Fault,
    /// How probable it is for one request, from 0 to 1.
    pub probability: f64,
}

/// A service that the port can stand in front of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// DynamoDB.
    DynamoDb,
    /// SQS.
    Sqs,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Refused for its rate, and not applied: DynamoDB answers `ThrottlingException` or
    /// `ProvisionedThroughputExceededException`, SQS `RequestThrottled`, each with status 400.
    Throttle,
    /// A write to DynamoDB that meets another of the same item, and is not applied: a single one is answered
    /// `TransactionConflictException`, a transaction `TransactionCanceledException` with the reason `TransactionConflict` for
    /// one of its items, each with status 400. Strikes no other request.
    Conflict,
    /// Answered with 500 or 503, and not applied.
    Unavailable,
    /// Not applied: the connection is reset.
    Reset,
    /// Applied, and the connection is reset instead of an answer.
    LoseAnswer,
    /// Applied, and answered with 500.
    FailAnswer,
    /// Not applied: no answer for this long, then the connection is reset.
    Hang {
        /// For how long.
        seconds: u16,
    },
    /// Held up for this long and only then applied, whether or not the sender still waits. The nastiest of them: a write
    /// may arrive when its sender has long given up, and others have written.
    Delay {
        /// For how long.
        seconds: u16,
    },
}

impl Fault {
    /// Its name, as files have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Throttle => "throttle",
            Self::Conflict => "conflict",
            Self::Unavailable => "unavailable",
            Self::Reset => "reset",
            Self::LoseAnswer => "lose-answer",
            Self::FailAnswer => "fail-answer",
            Self::Hang { .. } => "hang",
            Self::Delay { .. } => "delay",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DynamoDb => "DynamoDB",
            Self::Sqs => "SQS",
        })
    }
}

/// How often each fault has struck each service.
pub type FaultCounts = BTreeMap<(Target, &'static str), u64>;

/// Faults that cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultsError {
    /// A probability is none.
    #[error(
        "rule {rule} of the faults ({fault}) has the probability {probability}, expected 0 to 1"
    )]
    Probability {
        /// The rule's place, from 1.
        rule: usize,
        /// Its fault.
        fault: &'static str,
        /// What it says.
        probability: f64,
    },
}

impl Faults {
    /// Looks whether the rules can be used.
    ///
    /// # Errors
    /// A probability is below 0, above 1 or not a number.
    pub fn check(&self) -> Result<(), FaultsError> {
        for (index, rule) in self.rules.iter().enumerate() {
            if !(0.0..=1.0).contains(&rule.probability) {
                return Err(FaultsError::Probability {
                    rule: index + 1,
                    fault: rule.fault.name(),
                    probability: rule.probability,
                });
            }
        }
        Ok(())
    }
}

impl Rule {
    /// A rule for every operation of both services.
    pub fn new(fault: Fault, probability: f64) -> Self {
        Self {
            service: None,
            operations: Vec::new(),
            fault,
            probability,
        }
    }

    /// The same rule for one service alone.
    #[must_use]
    pub fn of(self, service: Target) -> Self {
        Self {
            service: Some(service),
            ..self
        }
    }

    /// The same rule for these operations alone.
    #[must_use]
    pub fn on<const N: usize>(self, operations: [&str; N]) -> Self {
        Self {
            operations: operations.map(str::to_owned).into(),
            ..self
        }
    }

    fn concerns(&self, target: Target, operation: &str) -> bool {
        const CONFLICTING: [&str; 4] =
            ["DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"];
        let is_possible = self.fault != Fault::Conflict
            || (target == Target::DynamoDb && CONFLICTING.contains(&operation));
        is_possible
            && self.service.is_none_or(|service| service == target)
            && (self.operations.is_empty() || self.operations.iter().any(|one| one == operation))
    }
}

#[cfg(test)]
mod tests;
