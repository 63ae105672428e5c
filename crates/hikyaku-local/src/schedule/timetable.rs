//! Which of several schedules fires next.

use super::Schedule;

/// What fires next, and when. It waits for nothing: its owner asks [`next`](Self::next), waits on its own clock and takes
/// what is [`due`](Self::due).
#[derive(Debug, Clone)]
pub struct Timetable {
    rows: Vec<Row>,
}

#[derive(Debug, Clone)]
struct Row {
    schedule: Schedule,
    next_ms: Option<u64>,
}

/// One firing of one schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Firing {
    /// The time it is scheduled for, in milliseconds since 1970.
    pub at_ms: u64,
    /// The schedule's place among those the timetable was made from.
    pub index: usize,
}

impl Timetable {
    /// A timetable from `now_ms` on.
    ///
    /// A rate without a start date counts from now: it fires first one period later. (AWS fires a new Scheduler rate at
    /// once; but starting the local cloud is not creating the schedule, and a daily job must not run at every start.)
    pub fn new(schedules: impl IntoIterator<Item = Schedule>, now_ms: u64) -> Self {
        let row = |schedule: Schedule| {
            let schedule = if schedule.needs_anchor() {
                schedule.anchored_at(now_ms)
            } else {
                schedule
            };
            Row {
                next_ms: schedule.next_after(now_ms),
                schedule,
            }
        };
        Self {
            rows: schedules.into_iter().map(row).collect(),
        }
    }

    /// The earliest firing that [`due`](Self::due) has not given out; of several at one time, the first in order.
    pub fn next(&self) -> Option<Firing> {
        let firing = |(index, row): (usize, &Row)| row.next_ms.map(|at_ms| Firing { at_ms, index });
        self.rows.iter().enumerate().filter_map(firing).min()
    }

    /// Takes what is due at `now_ms`, earliest first.
    ///
    /// A schedule that was missed several times, because the machine slept, fires once, for the first time it was missed;
    /// the rest is left out.
    pub fn due(&mut self, now_ms: u64) -> Vec<Firing> {
        let mut due = Vec::new();
        for (index, row) in self.rows.iter_mut().enumerate() {
            if let Some(at_ms) = row.next_ms.filter(|at_ms| *at_ms <= now_ms) {
                due.push(Firing { at_ms, index });
                row.next_ms = row.schedule.next_after(now_ms);
            }
        }
        due.sort_unstable();
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_MS: u64 = 60_000;
    /// 2027-01-01T00:00:30Z.
    const NOW_MS: u64 = 1_798_761_630_000;

    fn timetable(expressions: &[&str]) -> Timetable {
        let schedules = expressions
            .iter()
            .map(|expression| Schedule::parse(expression, None).expect("an expression"));
        Timetable::new(schedules, NOW_MS)
    }

    #[test]
    fn an_empty_timetable_never_fires() {
        let mut timetable = timetable(&[]);
        assert_eq!(timetable.next(), None);
        assert_eq!(timetable.due(u64::MAX), []);
    }

    #[test]
    fn a_rate_counts_from_the_start_and_a_cron_from_the_clock() {
        let mut timetable = timetable(&["rate(5 minutes)", "cron(0/5 * * * ? *)"]);
        assert_eq!(
            timetable.next(),
            Some(Firing {
                at_ms: NOW_MS + 270_000,
                index: 1
            })
        );
        assert_eq!(timetable.due(NOW_MS + 269_999), []);
        assert_eq!(
            timetable.due(NOW_MS + 270_000),
            [Firing {
                at_ms: NOW_MS + 270_000,
                index: 1
            }]
        );
        assert_eq!(
            timetable.next(),
            Some(Firing {
                at_ms: NOW_MS + 5 * MINUTE_MS,
                index: 0
            })
        );
    }

    #[test]
    fn firings_of_one_moment_come_in_order() {
        let mut timetable = timetable(&["rate(2 minutes)", "rate(1 minutes)", "rate(2 minutes)"]);
        let at_ms = NOW_MS + 2 * MINUTE_MS;
        let missed = Firing {
            at_ms: NOW_MS + MINUTE_MS,
            index: 1,
        };
        assert_eq!(
            timetable.due(at_ms),
            [
                missed,
                Firing { at_ms, index: 0 },
                Firing { at_ms, index: 2 }
            ]
        );
    }

    #[test]
    fn after_a_long_sleep_each_schedule_fires_once() {
        let mut timetable = timetable(&["rate(1 minute)"]);
        let woken_ms = NOW_MS + 480 * MINUTE_MS + 1;
        assert_eq!(
            timetable.due(woken_ms),
            [Firing {
                at_ms: NOW_MS + MINUTE_MS,
                index: 0
            }]
        );
        assert_eq!(
            timetable.next(),
            Some(Firing {
                at_ms: NOW_MS + 481 * MINUTE_MS,
                index: 0
            })
        );
    }

    #[test]
    fn a_single_firing_is_given_out_once() {
        let mut timetable = timetable(&["at(2027-01-01T00:01:00)"]);
        assert_eq!(timetable.due(NOW_MS + MINUTE_MS).len(), 1);
        assert_eq!(timetable.next(), None);
        assert_eq!(timetable.due(u64::MAX), []);
    }
}
