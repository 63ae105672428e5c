//! Decisions that an input takes, so that libFuzzer can learn to take others.

/// Bytes that are used up one by one; when there are none left, every decision is the first one.
#[derive(Debug)]
pub struct Dice<'a>(&'a [u8]);

impl<'a> Dice<'a> {
    /// Splits an input into decisions and the rest: its first byte says how many there are.
    pub fn split(input: &'a [u8]) -> (Self, &'a [u8]) {
        let Some((&count, rest)) = input.split_first() else {
            return (Self(&[]), &[]);
        };
        let (decisions, rest) = rest.split_at(usize::from(count).min(rest.len()));
        (Self(decisions), rest)
    }

    /// Whether there are decisions left.
    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((&byte, rest)) => {
                self.0 = rest;
                byte
            }
            None => 0,
        }
    }

    /// A number below `limit`; 0 when that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()).checked_rem(limit).unwrap_or(0)
    }

    /// One of `choices`.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}
