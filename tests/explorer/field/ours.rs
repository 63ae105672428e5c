//! The same worlds with the production engine of hikyaku, and at least the same faults.

use crate::laravel::{chain as chained, member};
use crate::play::Act::{Error, Fail, Ok as Done};
use crate::simulation::Scenario;
use crate::worlds::{batches_of, plan, scenario};

pub(super) fn plain() -> Scenario {
    scenario(vec![plan("once", &[Done], 3)], 1, 1, 0)
}

pub(super) fn zombie() -> Scenario {
    scenario(vec![plan("once", &[Error, Done], 3)], 2, 0, 0)
}

pub(super) fn chain() -> Scenario {
    scenario(vec![chained(&[&[Done], &[Done]])], 1, 1, 0)
}

pub(super) fn batch() -> Scenario {
    scenario(vec![member(&[Done]), member(&[Done])], 1, 0, 0)
}

pub(super) fn failing() -> Scenario {
    scenario(vec![plan("once", &[Fail], 3)], 2, 0, 0)
}

pub(super) fn released() -> Scenario {
    scenario(vec![plan("once", &[Error, Done], 3)], 1, 1, 0)
}

pub(super) fn neighbours() -> Scenario {
    let jobs = vec![plan("once", &[Done], 3), plan("once", &[Done], 3)];
    batches_of(2, scenario(jobs, 1, 0, 0))
}
