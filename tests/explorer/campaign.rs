//! All worlds for as long as somebody can wait: depth first with budgets that grow, then at random.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use hikyaku_core::testing::explore::{Explored, Failure, exhaust, wander};

use super::chance::Budget;
use super::notation::Notation;
use super::reached::Reached;
use super::worlds::{self, World};

/// Of a thousand choices of a random walk so many go an unusual way.
pub(crate) const PERMILLE: usize = 40;

/// The budgets of the exhaustive part, each larger than those before it: faults, and turns out of order.
const LADDER: [(u32, u32); 9] = [
    (1, 0),
    (0, 2),
    (1, 1),
    (2, 0),
    (1, 2),
    (2, 1),
    (3, 0),
    (2, 2),
    (3, 1),
];

/// What a random walk may spend.
pub(super) const FAULTS: u32 = 6;
pub(super) const MOVES: u32 = 30;

/// One configuration that was exhausted, or begun.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rung {
    pub(crate) budget: Budget,
    pub(crate) schedules: u64,
    pub(crate) is_exhausted: bool,
}

/// How far a world was explored.
pub(crate) struct Explorations {
    pub(crate) world: World,
    pub(crate) rungs: Vec<Rung>,
    /// How many random walks were made: each has a seed of its own.
    pub(crate) walks: u64,
}

/// What a campaign came to.
pub(crate) struct Outcome {
    pub(crate) worlds: Vec<Explorations>,
    pub(crate) reached: Arc<Reached>,
    pub(crate) seed: u64,
    pub(crate) threads: usize,
    pub(crate) took: Duration,
    /// How a rule was broken, and how to see it again.
    pub(crate) failure: Option<String>,
}

/// The time of a campaign.
#[expect(
    clippy::disallowed_methods,
    reason = "a campaign is as long as somebody can wait"
)]
fn now() -> Instant {
    Instant::now()
}

/// What the threads share.
struct Shared {
    /// Worlds that are explored depth first.
    deep: Mutex<Vec<Explorations>>,
    /// Worlds that are walked through at random, the one whose turn it is first.
    wide: Mutex<VecDeque<Explorations>>,
    failure: Mutex<Option<String>>,
    /// When depth-first exploration ends.
    middle: Instant,
    end: Instant,
    /// How long a world has its turn.
    turn: Duration,
    seed: u64,
}

/// Explores all worlds for `time` on all cores.
pub(crate) fn explore(time: Duration, seed: u64) -> Outcome {
    let reached = Arc::new(Reached::default());
    let threads = available_parallelism().map_or(1, NonZero::get);
    let mut worlds = worlds::all();
    for world in &mut worlds {
        world.scenario.reached = Arc::clone(&reached);
    }
    let begun = now();
    let per_world =
        time / 2 * u32::try_from(threads).unwrap_or(1) / u32::try_from(worlds.len()).unwrap_or(1);
    let deep = worlds.into_iter().map(Explorations::of).collect();
    let shared = Shared {
        deep: Mutex::new(deep),
        wide: Mutex::default(),
        failure: Mutex::default(),
        middle: begun + time / 2,
        end: begun + time,
        // Every world has a few of them.
        turn: (per_world / 4).clamp(Duration::from_millis(5), Duration::from_secs(2)),
        seed,
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| shared.work());
        }
    });
    let taken = |list: Mutex<Vec<_>>| list.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut worlds = taken(shared.deep);
    worlds.extend(
        shared
            .wide
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner),
    );
    worlds.sort_by(|one, other| one.world.name.cmp(&other.world.name));
    Outcome {
        worlds,
        reached,
        seed,
        threads,
        took: now() - begun,
        failure: shared
            .failure
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn work(&self) {
        while self.goes_on(self.end) {
            if let Some(mut world) = self.smallest() {
                self.climb(&mut world);
                let is_through = world.rungs.len() == LADDER.len();
                if is_through {
                    locked(&self.wide).push_back(world);
                } else {
                    locked(&self.deep).push(world);
                }
                continue;
            }
            // What is left of the first half begins its walks before others go on with theirs.
            let next = locked(&self.deep).pop();
            let next = next.or_else(|| locked(&self.wide).pop_front());
            if let Some(mut world) = next {
                self.walk(&mut world);
                locked(&self.wide).push_back(world);
            } else {
                std::thread::yield_now();
            }
        }
    }

    fn goes_on(&self, end: Instant) -> bool {
        now() < end && locked(&self.failure).is_none()
    }

    /// The world whose next budget takes the least time, as far as anybody knows.
    fn smallest(&self) -> Option<Explorations> {
        if !self.goes_on(self.middle) {
            return None;
        }
        let mut deep = locked(&self.deep);
        let sizes = deep.iter().map(Explorations::size);
        let (index, _) = sizes.enumerate().min_by_key(|(_, size)| *size)?;
        Some(deep.swap_remove(index))
    }

    fn climb(&self, explorations: &mut Explorations) {
        let (faults, moves) = LADDER[explorations.rungs.len()];
        let retries = explorations.world.scenario.budget.retries.min(1);
        let budget = Budget {
            faults,
            moves,
            retries,
        };
        let scenario = explorations.world.scenario.with(budget);
        let explored = exhaust(
            |choices: &_| scenario.run(choices),
            |runs| runs % 64 > 0 || self.goes_on(self.middle),
        );
        explorations.rungs.push(Rung {
            budget,
            schedules: explored.runs,
            is_exhausted: explored.complete,
        });
        self.judge(&explorations.world.name, budget, None, explored);
    }

    fn walk(&self, explorations: &mut Explorations) {
        let budget = Budget {
            faults: FAULTS,
            moves: MOVES,
            retries: explorations.world.scenario.budget.retries,
        };
        let scenario = explorations.world.scenario.with(budget);
        let seed = self.seed + explorations.walks;
        let end = (now() + self.turn).min(self.end);
        let explored = wander(
            |choices: &_| scenario.run(choices),
            seed,
            PERMILLE,
            |_| self.goes_on(end),
        );
        explorations.walks += explored.runs;
        self.judge(&explorations.world.name, budget, Some(seed), explored);
    }

    fn judge(&self, name: &str, budget: Budget, seed: Option<u64>, explored: Explored) {
        if let Some(failure) = explored.failure {
            let report = report(name, budget, seed, &failure);
            locked(&self.failure).get_or_insert(report);
        }
    }
}

/// What a broken rule looks like, and how to see it again. `seed`: of the first random walk, if it was one.
pub(crate) fn report(name: &str, budget: Budget, seed: Option<u64>, failure: &Failure) -> String {
    let run = Notation {
        world: name.to_owned(),
        budget,
        answers: failure.answers.clone(),
    };
    let trace = failure.trace.join("\n  ");
    let Failure { what, runs, .. } = failure;
    let found = match seed {
        Some(seed) => format!("at random, from seed {}", seed + runs - 1),
        None => format!("depth first, in schedule {runs}"),
    };
    format!(
        "{name}: {what}\n  {trace}\nfound {found}, and shrunk. To see it again:\n\n  make -C tests explore REPLAY='{run}'\n"
    )
}

impl Explorations {
    fn of(world: World) -> Self {
        Self {
            world,
            rungs: Vec::new(),
            walks: 0,
        }
    }

    /// How many schedules its next budget has, guessed from the last one. Large worlds come after the small ones.
    fn size(&self) -> u64 {
        let large = if self.world.walks > 0 { 10_000 } else { 0 };
        let larger = |rung: &Rung| rung.schedules.saturating_mul(20);
        self.rungs.iter().map(larger).max().unwrap_or(large)
    }

    pub(crate) fn schedules(&self) -> u64 {
        let rungs = self.rungs.iter().map(|rung| rung.schedules);
        rungs.sum::<u64>() + self.walks
    }

    pub(crate) fn exhausted(&self) -> usize {
        self.rungs.iter().filter(|rung| rung.is_exhausted).count()
    }
}
