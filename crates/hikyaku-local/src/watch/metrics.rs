//! The values of metrics.

use std::collections::{BTreeMap, VecDeque};

/// How long a value is kept, in milliseconds.
const KEPT_MS: u64 = 3 * 60 * 60 * 1000;
/// How many values of one metric are kept at most.
const MOST_SAMPLES: usize = 100_000;

/// One metric: what CloudWatch tells apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Series {
    pub(super) namespace: String,
    pub(super) name: String,
    /// By name.
    pub(super) dimensions: Vec<(String, String)>,
}

/// One value, and when it was measured, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    pub(super) at: u64,
    pub(super) value: f64,
}

#[derive(Debug, Default)]
pub(super) struct Metrics(BTreeMap<Series, VecDeque<Sample>>);

impl Metrics {
    pub(super) fn add(&mut self, values: Vec<(Series, Vec<Sample>)>, now: u64) {
        for (series, samples) in values {
            let kept = self.0.entry(series).or_default();
            kept.extend(samples);
            while kept.len() > MOST_SAMPLES
                || kept.front().is_some_and(|sample| sample.at + KEPT_MS < now)
            {
                kept.pop_front();
            }
        }
    }

    pub(super) fn known(&self) -> impl Iterator<Item = &Series> {
        self.0.keys()
    }

    /// One point for each period in which there are values, from `from` to before `to`, the oldest first.
    pub(super) fn points(
        &self,
        series: &Series,
        statistic: Statistic,
        period_ms: u64,
        from: u64,
        to: u64,
    ) -> Vec<(u64, f64)> {
        let mut periods: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
        for sample in self.0.get(series).into_iter().flatten() {
            if (from..to).contains(&sample.at) {
                let start = sample.at - sample.at % period_ms;
                periods.entry(start).or_default().push(sample.value);
            }
        }
        let points = periods.into_iter();
        points
            .map(|(start, values)| (start, statistic.of(values)))
            .collect()
    }
}

/// What a period's values are summed up to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Statistic {
    Sum,
    Average,
    Minimum,
    Maximum,
    SampleCount,
    Percentile(f64),
}

impl Statistic {
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "Sum" => Self::Sum,
            "Average" => Self::Average,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            "SampleCount" => Self::SampleCount,
            _ => {
                let percent = name.strip_prefix('p')?.parse().ok()?;
                (0.0..=100.0)
                    .contains(&percent)
                    .then_some(Self::Percentile(percent))?
            }
        })
    }

    /// Of at least one value. A percentile is the nearest rank's; CloudWatch's own is interpolated.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most 100,000 values"
    )]
    fn of(self, mut values: Vec<f64>) -> f64 {
        let count = values.len() as f64;
        let sum = || values.iter().sum::<f64>();
        match self {
            Self::Sum => sum(),
            Self::Average => sum() / count,
            Self::Minimum => values.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Maximum => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::SampleCount => count,
            Self::Percentile(percent) => {
                values.sort_by(f64::total_cmp);
                let rank = (percent / 100.0 * count).ceil() as usize;
                let index = rank.saturating_sub(1).min(values.len().saturating_sub(1));
                values.get(index).copied().unwrap_or_default()
            }
        }
    }
}
