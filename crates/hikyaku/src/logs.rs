//! Log lines: one flat JSON object each, with the timestamp that Lambda reads the level by.

use std::fmt;
use std::io::Write;

use hikyaku_core::Clock;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

use crate::SystemClock;

/// Logs as JSON on standard output, from `level` up. A panic is one line too, of the job it happened in.
pub(crate) fn as_json(level: LevelFilter) {
    let logs = Registry::default().with(JsonLines.with_filter(readable(level)));
    // A subscriber that the author has installed stays.
    drop(logs.try_init());
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        tracing::error!(panic.message = %message(panic), panic.location = location, "panicked");
    }));
}

/// What is logged at this level. Lambda's runtime and the clients of AWS log whole events, requests and answers below `INFO`,
/// and those hold payloads: they say nothing below it.
fn readable(level: LevelFilter) -> Targets {
    const WITH_PAYLOADS: [&str; 7] = [
        "aws_", "h2", "hyper", "lambda_", "reqwest", "rustls", "tower",
    ];
    let capped = level.min(LevelFilter::INFO);
    let targets = Targets::new().with_default(level);
    targets.with_targets(WITH_PAYLOADS.map(|target| (target, capped)))
}

/// Logs as text on standard error, for a person at a terminal.
pub(crate) fn as_text(level: LevelFilter) {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(false);
    drop(
        Registry::default()
            .with(lines.with_filter(readable(level)))
            .try_init(),
    );
}

fn message<'a>(panic: &'a std::panic::PanicHookInfo<'_>) -> &'a str {
    let payload = panic.payload();
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// Writes each event as one JSON object: its own members, and those of the spans around it.
struct JsonLines;

/// A span's members, kept with the span.
struct Members(Map<String, Value>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for JsonLines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut members = Map::new();
        attributes.record(&mut Collect(&mut members));
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Members(members));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(Members(members)) = span.extensions_mut().get_mut()
        {
            values.record(&mut Collect(members));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Map::new();
        line.insert(
            "timestamp".to_owned(),
            Value::from(rfc3339(SystemClock.now().as_millis())),
        );
        line.insert(
            "level".to_owned(),
            Value::from(event.metadata().level().as_str()),
        );
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(Members(members)) = span.extensions().get() {
                for (name, value) in members {
                    line.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
        }
        event.record(&mut Collect(&mut line));
        let mut text = Value::Object(line).to_string();
        text.push('\n');
        // Nobody is left to be told when standard output is gone.
        drop(std::io::stdout().lock().write_all(text.as_bytes()));
    }
}

struct Collect<'a>(&'a mut Map<String, Value>);

impl Visit for Collect<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0
            .insert(field.name().to_owned(), Value::from(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.0.insert(
            field.name().to_owned(),
            Value::from(hikyaku_core::explain(value)),
        );
    }
}

/// A moment as RFC 3339 writes it, in UTC. Lambda takes a line's level only together with such a timestamp (AWS Lambda
/// developer guide, "Configuring advanced logging controls").
pub(crate) fn rfc3339(unix_ms: u64) -> String {
    let (days, of_day) = (unix_ms / 86_400_000, unix_ms % 86_400_000);
    let (hour, minute, second) = (of_day / 3_600_000, of_day / 60_000 % 60, of_day / 1000 % 60);
    let (year, month, day) = civil(days);
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
        of_day % 1000
    )
}

/// The date that lies `days` after 1970-01-01, by walking whole years and months.
fn civil(days: u64) -> (u64, usize, u64) {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let (mut year, mut left) = (1970, days);
    while left >= 365 + u64::from(leap(year)) {
        left -= 365 + u64::from(leap(year));
        year += 1;
    }
    let months = [
        31,
        28 + u64::from(leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let mut month = 0;
    while left >= months[month] {
        left -= months[month];
        month += 1;
    }
    (year, month + 1, left + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_rfc_3339_in_utc() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(rfc3339(1_795_422_382_789), "2026-11-23T08:26:22.789Z");
    }
}
