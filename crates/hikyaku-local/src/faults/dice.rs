//! The decision whether a request is struck: from the seed, the operation and its number, and from nothing else.

use std::collections::BTreeMap;

use super::{Fault, FaultCounts, Faults, Target};
use crate::lock::Lock;

/// Operations that are numbered apart. Names come from requests, so there is an end to them.
const MOST_OPERATIONS: usize = 256;

/// A fault that strikes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Strike {
    pub(crate) fault: Fault,
    /// Which of two ways of saying the same is chosen.
    pub(crate) coin: bool,
}

/// Decides, and counts what was decided.
#[derive(Debug)]
pub(crate) struct Dice {
    faults: Faults,
    asked: Lock<BTreeMap<(Target, String), u64>>,
    struck: Lock<FaultCounts>,
}

impl Dice {
    /// No request has been seen yet.
    pub(crate) fn new(faults: Faults) -> Self {
        Self {
            faults,
            asked: Lock::default(),
            struck: Lock::default(),
        }
    }

    /// The fault of the next request of this operation.
    pub(crate) fn throw(&self, target: Target, operation: &str) -> Option<Strike> {
        let number = self.number(target, operation);
        let mut chance = fastrand::Rng::with_seed(self.seed_of(target, operation, number));
        let struck = self.faults.rules.iter().find(|rule| {
            // Thrown for every rule, so that a rule more or less changes nothing for the others.
            let thrown = chance.f64();
            rule.concerns(target, operation) && thrown < rule.probability
        });
        let fault = struck?.fault;
        *self
            .struck
            .lock()
            .entry((target, fault.name()))
            .or_default() += 1;
        Some(Strike {
            fault,
            coin: chance.bool(),
        })
    }

    /// How often each fault has struck.
    pub(crate) fn struck(&self) -> FaultCounts {
        self.struck.lock().clone()
    }

    fn number(&self, target: Target, operation: &str) -> u64 {
        let mut asked = self.asked.lock();
        let mut key = (target, operation.to_owned());
        if asked.len() >= MOST_OPERATIONS && !asked.contains_key(&key) {
            key.1.clear();
        }
        let asked = asked.entry(key).or_default();
        *asked += 1;
        *asked
    }

    fn seed_of(&self, target: Target, operation: &str, number: u64) -> u64 {
        // FNV-1a: it has to be the same on every machine and in every version, and nothing more.
        let bytes = (target as u64).to_le_bytes();
        let bytes = bytes.iter().chain(operation.as_bytes()).copied();
        let name = bytes
            .chain(number.to_le_bytes())
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
            });
        self.faults.seed.rotate_left(32) ^ name
    }
}
