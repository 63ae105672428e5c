//! How a run is written down, so that one word on a command line repeats it:
//! `a_chain/done@1,0,0:14=2,37=1` is the world, its faults, moves and retries, and the answers that are not usual.

use super::chance::Budget;

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notation {
    pub(crate) world: String,
    pub(crate) budget: Budget,
    pub(crate) answers: Vec<usize>,
}

impl std::fmt::Display for Notation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Budget {
            faults,
            moves,
            retries,
        } = self.budget;
        let answers = self.answers.iter().enumerate();
        let unusual = answers.filter(|(_, answer)| **answer > 0);
        let unusual: Vec<_> = unusual
            .map(|(at, answer)| format!("{at}={answer}"))
            .collect();
        let unusual = unusual.join(",");
        write!(
            formatter,
            "{}@{faults},{moves},{retries}:{unusual}",
            self.world
        )
    }
}

impl Notation {
    /// Reads what [`Display`](std::fmt::Display) writes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // The world's name may hold a comma, but no `@` and no `:`.
        let (world, rest) = text.split_once('@')?;
        let (budget, unusual) = rest.split_once(':')?;
        let numbers: Vec<u32> = budget
            .split(',')
            .map(|number| number.parse().ok())
            .collect::<Option<_>>()?;
        let &[faults, moves, retries] = numbers.as_slice() else {
            return None;
        };
        let mut answers = Vec::new();
        for each in unusual.split(',').filter(|each| !each.is_empty()) {
            let (at, answer) = each.split_once('=')?;
            let at: usize = at.parse().ok().filter(|at| *at < LONGEST)?;
            answers.resize(answers.len().max(at + 1), 0);
            answers[at] = answer.parse().ok()?;
        }
        Some(Self {
            world: world.to_owned(),
            budget: Budget {
                faults,
                moves,
                retries,
            },
            answers,
        })
    }
}

/// No run asks more often.
const LONGEST: usize = 1_000_000;

#[cfg(test)]
mod tests {
    use super::{Budget, Notation};

    #[test]
    fn what_is_written_is_read() {
        let written = Notation {
            world: "a_chain/three, of which one comes again".to_owned(),
            budget: Budget {
                faults: 2,
                moves: 30,
                retries: 1,
            },
            answers: vec![0, 0, 3, 0, 1],
        };
        assert_eq!(
            written.to_string(),
            "a_chain/three, of which one comes again@2,30,1:2=3,4=1"
        );
        assert_eq!(Notation::parse(&written.to_string()), Some(written));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "a", "a@1,2:", "a@1,2,3", "a@1,2,3:x=1", "a@1,2,3:1"] {
            assert_eq!(Notation::parse(text), None, "{text}");
        }
    }
}
