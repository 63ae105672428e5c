//! Every way in which something can go: exhaustively up to a budget, at random beyond it, shrunk when it fails.
//!
//! What is explored is a function of [`Choices`]: it asks for a number below some limit wherever things could go one
//! way or another, and 0 always means that nothing unusual happens. The same answers give the same run, so a list of
//! answers is all it takes to repeat it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::random::SeededRandom;

/// Where a run asks how it goes. A clone asks the same source.
#[derive(Clone)]
pub struct Choices {
    source: Arc<Mutex<Source>>,
}

struct Source {
    /// The first answers.
    prefix: Vec<usize>,
    /// What answers after them; without it 0 does.
    random: Option<Walk>,
    taken: Vec<Taken>,
    trace: Option<Vec<String>>,
}

struct Walk {
    random: SeededRandom,
    /// How often, in a thousand, something unusual happens.
    permille: usize,
}

/// An answer, and out of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Taken {
    answer: usize,
    options: usize,
}

impl Choices {
    fn new(prefix: Vec<usize>, random: Option<Walk>, traced: bool) -> Self {
        let source = Source {
            prefix,
            random,
            taken: Vec::new(),
            trace: traced.then(Vec::new),
        };
        Self {
            source: Arc::new(Mutex::new(source)),
        }
    }

    /// A number below `options`.
    pub fn choose(&self, options: usize) -> usize {
        if options < 2 {
            return 0;
        }
        let mut source = self.source();
        let answer = match source.prefix.get(source.taken.len()) {
            Some(&answer) => answer.min(options - 1),
            None => source
                .random
                .as_ref()
                .map_or(0, |walk| walk.answer(options)),
        };
        source.taken.push(Taken { answer, options });
        answer
    }

    /// Adds a line to the trace, if one is wanted.
    pub fn note(&self, line: impl FnOnce() -> String) {
        let mut source = self.source();
        if let Some(trace) = &mut source.trace {
            let line = line();
            trace.push(line);
        }
    }

    fn source(&self) -> MutexGuard<'_, Source> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Walk {
    fn answer(&self, options: usize) -> usize {
        if self.random.below(1000) < self.permille {
            1 + self.random.below(options - 1)
        } else {
            0
        }
    }
}

impl std::fmt::Debug for Choices {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Choices").finish_non_exhaustive()
    }
}

/// A run that broke a rule.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Which rule, and how.
    pub what: String,
    /// The answers that lead there, as few and as small as could be found.
    pub answers: Vec<usize>,
    /// What happened on the way.
    pub trace: Vec<String>,
    /// How many runs it took to find it.
    pub runs: u64,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(formatter, "{} (run {})", self.what, self.runs)?;
        writeln!(formatter, "answers: {:?}", self.answers)?;
        for line in &self.trace {
            writeln!(formatter, "  {line}")?;
        }
        Ok(())
    }
}

/// What an exploration came to.
#[derive(Debug)]
pub struct Explored {
    /// How many runs were made.
    pub runs: u64,
    /// Whether there was nothing left to run.
    pub complete: bool,
    /// The first run that broke a rule, shrunk.
    pub failure: Option<Failure>,
}

/// A run: asks for choices, and says which rule it broke.
pub trait Run: Fn(&Choices) -> Result<(), String> {}

impl<F: Fn(&Choices) -> Result<(), String>> Run for F {}

/// Runs every way there is, depth first, for as long as `more` says, given the number of runs so far.
pub fn exhaust(run: impl Run, more: impl Fn(u64) -> bool) -> Explored {
    let mut prefix = Vec::new();
    let mut runs = 0;
    loop {
        let choices = Choices::new(prefix, None, false);
        runs += 1;
        if let Err(what) = run(&choices) {
            return found(&run, &choices, &what, runs);
        }
        let taken = std::mem::take(&mut choices.source().taken);
        match following(taken) {
            Some(next) if more(runs) => prefix = next,
            rest => {
                return Explored {
                    runs,
                    complete: rest.is_none(),
                    failure: None,
                };
            }
        }
    }
}

/// The answers of the next run in depth-first order.
fn following(mut taken: Vec<Taken>) -> Option<Vec<usize>> {
    while let Some(last) = taken.pop() {
        if last.answer + 1 < last.options {
            let mut prefix: Vec<_> = taken.iter().map(|taken| taken.answer).collect();
            prefix.push(last.answer + 1);
            return Some(prefix);
        }
    }
    None
}

/// Runs at random from `seed` for as long as `more` says, given the number of runs so far. Of a thousand choices
/// `permille` go an unusual way.
pub fn wander(run: impl Run, seed: u64, permille: usize, more: impl Fn(u64) -> bool) -> Explored {
    let mut runs = 0;
    while more(runs) {
        // Each run has a seed of its own, so that one can be repeated without those before it.
        let walk = Walk {
            random: SeededRandom::new(seed.wrapping_add(runs)),
            permille,
        };
        let choices = Choices::new(Vec::new(), Some(walk), false);
        runs += 1;
        if let Err(what) = run(&choices) {
            return found(&run, &choices, &what, runs);
        }
    }
    Explored {
        runs,
        complete: false,
        failure: None,
    }
}

/// Repeats a run from its answers and says how it went.
pub fn repeat(run: impl Run, answers: &[usize]) -> (Result<(), String>, Vec<String>) {
    let choices = Choices::new(answers.to_vec(), None, true);
    let result = run(&choices);
    let trace = choices.source().trace.take().unwrap_or_default();
    (result, trace)
}

fn found(run: &impl Run, choices: &Choices, what: &str, runs: u64) -> Explored {
    let taken = std::mem::take(&mut choices.source().taken);
    let answers = taken.into_iter().map(|taken| taken.answer).collect();
    let answers = shrink(run, answers, rule(what));
    let (result, trace) = repeat(run, &answers);
    let failure = Failure {
        what: result.err().unwrap_or_else(|| what.to_owned()),
        answers,
        trace,
        runs,
    };
    Explored {
        runs,
        complete: false,
        failure: Some(failure),
    }
}

/// What stands before the colon: the rule's name.
fn rule(what: &str) -> &str {
    what.split(':').next().unwrap_or(what)
}

/// Makes answers usual or smaller, and the list shorter, for as long as the same rule is broken.
fn shrink(run: &impl Run, mut answers: Vec<usize>, broken: &str) -> Vec<usize> {
    let fails = |answers: &[usize]| {
        let choices = Choices::new(answers.to_vec(), None, false);
        run(&choices).is_err_and(|what| rule(&what) == broken)
    };
    loop {
        trim(&mut answers);
        let better = (0..answers.len()).find_map(|index| {
            let candidates = simpler(&answers, index);
            candidates.into_iter().find(|candidate| fails(candidate))
        });
        match better {
            Some(better) => answers = better,
            None => return answers,
        }
    }
}

/// Usual answers at the end go without saying.
fn trim(answers: &mut Vec<usize>) {
    while answers.last() == Some(&0) {
        answers.pop();
    }
}

/// Lists that are simpler than this one at `index`: the rest gone, the answer usual, the answer smaller, the answer
/// left out. Every one is either shorter or smaller, so shrinking ends.
fn simpler(answers: &[usize], index: usize) -> Vec<Vec<usize>> {
    let mut candidates = vec![answers[..index].to_vec()];
    if answers[index] > 0 {
        for smaller in [0, answers[index] - 1] {
            let mut candidate = answers.to_vec();
            candidate[index] = smaller;
            candidates.push(candidate);
        }
    }
    let mut shorter = answers.to_vec();
    shorter.remove(index);
    candidates.push(shorter);
    candidates
}
