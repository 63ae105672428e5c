//! The embedded metric format, read.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::metrics::{Sample, Series};

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "_aws")]
    aws: Aws,
    #[serde(flatten)]
    members: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Aws {
    timestamp: Option<u64>,
    #[serde(default)]
    cloud_watch_metrics: Vec<Directive>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: String,
    dimensions: Vec<Vec<String>>,
    metrics: Vec<Definition>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: String,
}

/// Whether a log line carries metrics.
pub fn is_metrics(line: &str) -> bool {
    line.starts_with('{') && line.contains("\"_aws\":{") && line.contains("\"CloudWatchMetrics\"")
}

/// The values in a line; none if it does not read, for CloudWatch is silent about that, too.
pub(super) fn values(line: &str, now: u64) -> Vec<(Series, Vec<Sample>)> {
    let Ok(line) = serde_json::from_str::<Line>(line) else {
        return Vec::new();
    };
    let at = line.aws.timestamp.unwrap_or(now);
    let mut found = Vec::new();
    for directive in &line.aws.cloud_watch_metrics {
        for dimensions in &directive.dimensions {
            let Some(dimensions) = named(dimensions, &line.members) else {
                continue;
            };
            for metric in &directive.metrics {
                let values = numbers(line.members.get(&metric.name));
                let series = Series {
                    namespace: directive.namespace.clone(),
                    name: metric.name.clone(),
                    dimensions: dimensions.clone(),
                };
                let samples = values.into_iter().map(|value| Sample { at, value });
                found.push((series, samples.collect()));
            }
        }
    }
    found
}

fn named(dimensions: &[String], members: &Map<String, Value>) -> Option<Vec<(String, String)>> {
    let mut named = Vec::with_capacity(dimensions.len());
    for dimension in dimensions {
        let value = members.get(dimension)?.as_str()?;
        named.push((dimension.clone(), value.to_owned()));
    }
    named.sort();
    Some(named)
}

fn numbers(member: Option<&Value>) -> Vec<f64> {
    match member {
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_f64).collect(),
        Some(value) => value.as_f64().into_iter().collect(),
        None => Vec::new(),
    }
}
