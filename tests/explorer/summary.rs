//! What a campaign prints at its end.

use super::campaign::{Explorations, FAULTS, MOVES, Outcome, Rung};
use super::chance::Budget;
use super::reached::Event;

impl std::fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            formatter,
            "worlds, and their schedules with so many faults + turns out of order (…: not all)"
        )?;
        for explorations in &self.worlds {
            let rungs: Vec<_> = explorations.rungs.iter().map(Rung::to_string).collect();
            let (name, rungs) = (&explorations.world.name, rungs.join("  "));
            let walks = match explorations.walks {
                0 => String::new(),
                walks => {
                    let last = self.seed + walks - 1;
                    format!(
                        "  at random {FAULTS}+{MOVES}: {walks} (seeds {} to {last})",
                        self.seed
                    )
                }
            };
            writeln!(formatter, "{name}\n    {rungs}{walks}")?;
        }
        writeln!(formatter, "\nwhat happened in them")?;
        for (event, words) in Event::ALL {
            writeln!(formatter, "{:>12} {words}", self.reached.of(event))?;
        }
        let schedules: u64 = self.worlds.iter().map(Explorations::schedules).sum();
        let walks: u64 = self.worlds.iter().map(|world| world.walks).sum();
        let exhausted: usize = self.worlds.iter().map(Explorations::exhausted).sum();
        writeln!(
            formatter,
            "\n{schedules} schedules in {} worlds, {walks} of them at random (from seed {}); {exhausted} configurations \
             exhausted; {:.0} s on {} cores",
            self.worlds.len(),
            self.seed,
            self.took.as_secs_f64(),
            self.threads
        )
    }
}

impl std::fmt::Display for Rung {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Budget { faults, moves, .. } = self.budget;
        let open = if self.is_exhausted { "" } else { "…" };
        write!(formatter, "{faults}+{moves}: {}{open}", self.schedules)
    }
}
