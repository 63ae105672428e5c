//! What is asked, and how it is answered.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Watch;
use super::metrics::{Series, Statistic};

/// The largest number of events in one answer (Amazon CloudWatch Logs API reference, `FilterLogEvents`).
const MOST_EVENTS: usize = 10_000;

/// The routes of CloudWatch and CloudWatch Logs.
pub(crate) fn routes(watch: Watch) -> Router {
    Router::new().route("/", post(answer)).with_state(watch)
}

/// Why a request is refused: the error's name, and what is wrong.
struct Refused(&'static str, String);

pub(super) async fn answer(
    State(watch): State<Watch>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let target = headers.get("x-amz-target");
    let target = target.and_then(|target| target.to_str().ok());
    let (protocol, answer) = match target.unwrap_or_default() {
        "GraniteServiceVersion20100801.GetMetricData" => (
            "1.0",
            read(&body).and_then(|query| watch.metric_data(query)),
        ),
        "GraniteServiceVersion20100801.ListMetrics" => {
            ("1.0", read(&body).map(|query| watch.list_metrics(&query)))
        }
        "Logs_20140328.FilterLogEvents" => (
            "1.1",
            read(&body).and_then(|query| watch.filter_log_events(&query)),
        ),
        other => {
            let message = format!(
                "`{other}` is not served: only GetMetricData and ListMetrics (JSON) and FilterLogEvents are"
            );
            ("1.0", Err(Refused("UnknownOperationException", message)))
        }
    };
    let (status, body) = match answer {
        Ok(body) => (StatusCode::OK, body),
        Err(Refused(kind, message)) => (
            StatusCode::BAD_REQUEST,
            json!({ "__type": kind, "message": message }),
        ),
    };
    let content_type = format!("application/x-amz-json-{protocol}");
    (status, [("content-type", content_type)], body.to_string()).into_response()
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body)
        .map_err(|error| Refused("SerializationException", error.to_string()))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetMetricData {
    metric_data_queries: Vec<Query>,
    start_time: f64,
    end_time: f64,
    scan_by: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Query {
    id: String,
    metric_stat: Option<MetricStat>,
    label: Option<String>,
    return_data: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MetricStat {
    metric: Metric,
    period: u64,
    stat: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    namespace: String,
    #[serde(rename = "MetricName")]
    name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Dimension {
    name: String,
    value: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListMetrics {
    namespace: Option<String>,
    metric_name: Option<String>,
    #[serde(default)]
    dimensions: Vec<Dimension>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FilterLogEvents {
    log_group_name: Option<String>,
    start_time: Option<u64>,
    end_time: Option<u64>,
    filter_pattern: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

impl Watch {
    fn metric_data(&self, asked: GetMetricData) -> Result<Value, Refused> {
        let (from, to) = (in_ms(asked.start_time), in_ms(asked.end_time));
        let oldest_first = asked.scan_by.as_deref() == Some("TimestampAscending");
        let mut results = Vec::new();
        for query in asked.metric_data_queries {
            if query.return_data == Some(false) {
                continue;
            }
            let Some(wanted) = query.metric_stat else {
                return Err(invalid(format!(
                    "query `{}` has no MetricStat, and expressions are not served",
                    query.id
                )));
            };
            let Some(statistic) = Statistic::parse(&wanted.stat) else {
                return Err(invalid(format!("`{}` is no statistic", wanted.stat)));
            };
            if wanted.period == 0 {
                return Err(invalid("a Period is at least one second".to_owned()));
            }
            let label = query.label.unwrap_or_else(|| wanted.metric.name.clone());
            let series = series(wanted.metric);
            let metrics = self.metrics.lock();
            let period = wanted.period.saturating_mul(1000);
            let mut points = metrics.points(&series, statistic, period, from, to);
            if !oldest_first {
                points.reverse();
            }
            let (times, values): (Vec<u64>, Vec<f64>) = points
                .into_iter()
                .map(|(at, value)| (at / 1000, value))
                .unzip();
            results.push(
                json!({ "Id": query.id, "Label": label, "Timestamps": times, "Values": values,
                "StatusCode": "Complete" }),
            );
        }
        Ok(json!({ "MetricDataResults": results, "Messages": [] }))
    }

    fn list_metrics(&self, asked: &ListMetrics) -> Value {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        let metrics = self.metrics.lock();
        let found = metrics.known().filter(|series| {
            is(&asked.namespace, &series.namespace)
                && is(&asked.metric_name, &series.name)
                && asked.dimensions.iter().all(|wanted| {
                    let mut own = series.dimensions.iter();
                    own.any(|(name, value)| *name == wanted.name && is(&wanted.value, value))
                })
        });
        let found: Vec<_> = found.map(described).collect();
        json!({ "Metrics": found })
    }

    fn filter_log_events(&self, asked: &FilterLogEvents) -> Result<Value, Refused> {
        let group = asked.log_group_name.as_deref().unwrap_or_default();
        let terms = terms(asked.filter_pattern.as_deref().unwrap_or_default())?;
        let first = match &asked.next_token {
            None => 0,
            Some(token) => token.parse().map_err(|_| {
                Refused(
                    "InvalidParameterException",
                    "the nextToken is none of ours".to_owned(),
                )
            })?,
        };
        let logs = self.logs.lock();
        let function = group.strip_prefix("/aws/lambda/").unwrap_or_default();
        let Some(lines) = logs.of_function(function) else {
            let message = format!("the log group `{group}` does not exist");
            return Err(Refused("ResourceNotFoundException", message));
        };
        let limit = asked.limit.unwrap_or(MOST_EVENTS).clamp(1, MOST_EVENTS);
        let mut lines = lines
            .filter(|line| line.number >= first)
            .filter(|line| asked.start_time.is_none_or(|start| line.at >= start))
            .filter(|line| asked.end_time.is_none_or(|end| line.at <= end))
            .filter(|line| terms.are_in(&line.text));
        let events: Vec<_> = lines
            .by_ref()
            .take(limit)
            .map(|line| {
                json!({ "logStreamName": STREAM, "timestamp": line.at, "ingestionTime": line.at,
                    "message": line.text, "eventId": line.number.to_string() })
            })
            .collect();
        let mut answer = json!({ "events": events, "searchedLogStreams": [] });
        if let Some(next) = lines.next() {
            answer["nextToken"] = json!(next.number.to_string());
        }
        Ok(answer)
    }
}

/// The processes of a function share one log here.
const STREAM: &str = "local/[$LATEST]";

fn invalid(message: String) -> Refused {
    Refused("InvalidParameterValueException", message)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float's cast saturates"
)]
fn in_ms(seconds: f64) -> u64 {
    (seconds * 1000.0) as u64
}

fn series(metric: Metric) -> Series {
    let dimensions = metric.dimensions.into_iter();
    let mut dimensions: Vec<_> = dimensions
        .map(|dimension| (dimension.name, dimension.value.unwrap_or_default()))
        .collect();
    dimensions.sort();
    Series {
        namespace: metric.namespace,
        name: metric.name,
        dimensions,
    }
}

fn described(series: &Series) -> Value {
    let dimensions = series.dimensions.iter();
    let dimensions: Vec<_> = dimensions
        .map(|(name, value)| json!({ "Name": name, "Value": value }))
        .collect();
    json!({ "Namespace": series.namespace, "MetricName": series.name, "Dimensions": dimensions })
}

/// What a filter pattern looks for.
struct Terms {
    words: Vec<String>,
    /// Whether one of them is enough: each is written with a question mark.
    one_is_enough: bool,
}

impl Terms {
    fn are_in(&self, text: &str) -> bool {
        let mut words = self.words.iter();
        if self.one_is_enough {
            words.any(|word| text.contains(word))
        } else {
            words.all(|word| text.contains(word))
        }
    }
}

/// The words and quoted texts of a filter pattern.
fn terms(pattern: &str) -> Result<Terms, Refused> {
    let pattern = pattern.trim();
    if pattern.starts_with(['{', '[', '%', '-']) {
        let message = "only patterns of words and quoted text are served here".to_owned();
        return Err(Refused("InvalidParameterException", message));
    }
    let one_is_enough = pattern.starts_with('?');
    let parts = pattern.split('"').enumerate();
    let words = parts.flat_map(|(index, part)| match index % 2 {
        1 => vec![part.to_owned()],
        _ => part
            .split_whitespace()
            .map(|word| word.trim_start_matches('?').to_owned())
            .collect(),
    });
    Ok(Terms {
        words: words.filter(|word| !word.is_empty()).collect(),
        one_is_enough,
    })
}
