use std::sync::Arc;

use axum::body::{Bytes, to_bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::*;
use crate::clock::TokioClock;

/// 2026-11-26T11:00:00Z: the start of a minute.
const START: u64 = 1_795_690_800_000;

fn watch() -> Watch {
    let clock = Arc::new(TokioClock::starting_at(START));
    Watch::new(clock, ["jobs".to_owned()].into_iter())
}

async fn ask(watch: &Watch, target: &str, body: &Value) -> (u16, Value) {
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-target", target.parse().unwrap());
    let body = Bytes::from(body.to_string());
    let answer = api::answer(State(watch.clone()), headers, body).await;
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

/// A line as a function writes it that had `done` jobs, each of which took so many milliseconds.
fn line(at: u64, done: u64, durations: &[u64]) -> String {
    let metrics = json!([{ "Name": "Processed", "Unit": "Count" }, { "Name": "Duration", "Unit": "Milliseconds" }]);
    let directive = |dimensions: &[&str]| json!({ "Namespace": "hikyaku", "Dimensions": [dimensions], "Metrics": metrics });
    json!({
        "_aws": { "Timestamp": at, "CloudWatchMetrics": [directive(&["Function"]), directive(&["Function", "Job"])] },
        "Function": "jobs", "Job": "import-csv", "Processed": done, "Duration": durations,
    })
    .to_string()
}

const GET: &str = "GraniteServiceVersion20100801.GetMetricData";
const LIST: &str = "GraniteServiceVersion20100801.ListMetrics";
const FILTER: &str = "Logs_20140328.FilterLogEvents";

fn query(metric: &str, stat: &str, dimensions: &Value) -> Value {
    json!({
        "StartTime": START / 1000, "EndTime": START / 1000 + 180, "ScanBy": "TimestampAscending",
        "MetricDataQueries": [{ "Id": "a", "MetricStat": {
            "Metric": { "Namespace": "hikyaku", "MetricName": metric, "Dimensions": dimensions },
            "Period": 60, "Stat": stat } }],
    })
}

async fn values(watch: &Watch, metric: &str, stat: &str) -> Value {
    let function = json!([{ "Name": "Function", "Value": "jobs" }]);
    let (status, answer) = ask(watch, GET, &query(metric, stat, &function)).await;
    assert_eq!(status, 200, "{answer}");
    answer["MetricDataResults"][0]["Values"].clone()
}

#[tokio::test(start_paused = true)]
async fn the_values_in_lines_are_summed_up_by_period() {
    let watch = watch();
    watch.keep("jobs", &line(START + 1_000, 2, &[10, 30]));
    watch.keep("jobs", &line(START + 59_000, 1, &[20]));
    watch.keep("jobs", &line(START + 60_000, 4, &[5, 5, 5, 100]));
    assert_eq!(values(&watch, "Processed", "Sum").await, json!([3.0, 4.0]));
    assert_eq!(
        values(&watch, "Duration", "SampleCount").await,
        json!([3.0, 4.0])
    );
    assert_eq!(
        values(&watch, "Duration", "Average").await,
        json!([20.0, 28.75])
    );
    assert_eq!(values(&watch, "Duration", "p50").await, json!([20.0, 5.0]));
    assert_eq!(
        values(&watch, "Duration", "Maximum").await,
        json!([30.0, 100.0])
    );
    let job =
        json!([{ "Name": "Job", "Value": "import-csv" }, { "Name": "Function", "Value": "jobs" }]);
    let (_, answer) = ask(&watch, GET, &query("Processed", "Sum", &job)).await;
    let times = &answer["MetricDataResults"][0]["Timestamps"];
    assert_eq!(*times, json!([START / 1000, START / 1000 + 60]));
}

#[tokio::test(start_paused = true)]
async fn metrics_are_listed_by_what_they_are_about() {
    let watch = watch();
    watch.keep("jobs", &line(START, 1, &[1]));
    let (_, all) = ask(&watch, LIST, &json!({ "Namespace": "hikyaku" })).await;
    assert_eq!(all["Metrics"].as_array().unwrap().len(), 4);
    let by_job = json!({ "MetricName": "Processed", "Dimensions": [{ "Name": "Job" }] });
    let (_, found) = ask(&watch, LIST, &by_job).await;
    let dimensions =
        json!([{ "Name": "Function", "Value": "jobs" }, { "Name": "Job", "Value": "import-csv" }]);
    assert_eq!(
        found["Metrics"],
        json!([{ "Namespace": "hikyaku", "MetricName": "Processed", "Dimensions": dimensions }])
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_served_says_so() {
    let watch = watch();
    let expression = json!({ "StartTime": 0, "EndTime": 1, "MetricDataQueries": [{ "Id": "e", "Expression": "a/b" }] });
    for (target, body, kind) in [
        (GET, expression, "InvalidParameterValueException"),
        (
            GET,
            query("Processed", "TM(1%:2%)", &json!([])),
            "InvalidParameterValueException",
        ),
        (GET, json!({}), "SerializationException"),
        (
            FILTER,
            json!({ "logGroupName": "/aws/lambda/other" }),
            "ResourceNotFoundException",
        ),
        (
            FILTER,
            json!({ "logGroupName": "/aws/lambda/jobs", "filterPattern": "{ $.level = \"ERROR\" }" }),
            "InvalidParameterException",
        ),
        (
            "Logs_20140328.PutLogEvents",
            json!({}),
            "UnknownOperationException",
        ),
    ] {
        let (status, answer) = ask(&watch, target, &body).await;
        assert_eq!((status, &answer["__type"]), (400, &json!(kind)), "{target}");
    }
}

#[tokio::test(start_paused = true)]
async fn lines_are_found_by_their_words_and_read_page_by_page() {
    let watch = watch();
    for text in ["one job-1", "two job-2", "three job-1", "four job-1"] {
        watch.keep("jobs", text);
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
    }
    let asked = |token: Value| json!({ "logGroupName": "/aws/lambda/jobs", "filterPattern": "\"job-1\"", "limit": 2, "nextToken": token });
    let (_, first) = ask(&watch, FILTER, &asked(Value::Null)).await;
    let texts = |page: &Value| -> Vec<String> {
        let events = page["events"].as_array().unwrap().iter();
        events
            .map(|event| event["message"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(texts(&first), ["one job-1", "three job-1"]);
    assert_eq!(first["events"][1]["timestamp"], START + 2_000);
    let (_, second) = ask(&watch, FILTER, &asked(first["nextToken"].clone())).await;
    assert_eq!(texts(&second), ["four job-1"]);
    assert_eq!(second.get("nextToken"), None);
    let since = json!({ "logGroupName": "/aws/lambda/jobs", "startTime": START + 3_000 });
    assert_eq!(texts(&ask(&watch, FILTER, &since).await.1), ["four job-1"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_function_writes_is_kept_and_goes_on_to_the_next_sink() {
    let watch = watch();
    let seen = Arc::new(Lock::new(Vec::new()));
    let next: LogSink = {
        let seen = Arc::clone(&seen);
        Arc::new(move |_, line| seen.lock().push(line.to_owned()))
    };
    let sink = watch.before(next);
    sink("jobs", "hello");
    sink("jobs", "{\"_aws\":{\"CloudWatchMetrics\":nonsense");
    assert_eq!(seen.lock().len(), 2);
    let (_, page) = ask(
        &watch,
        FILTER,
        &json!({ "logGroupName": "/aws/lambda/jobs" }),
    )
    .await;
    assert_eq!(page["events"].as_array().unwrap().len(), 2);
    let (_, none) = ask(&watch, LIST, &json!({})).await;
    assert_eq!(none["Metrics"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_pattern_of_question_marks_finds_lines_with_one_of_its_words() {
    let watch = watch();
    for line in [
        "INIT_REPORT x",
        "{\"type\":\"platform.initReport\"}",
        "other",
        "INIT platform",
    ] {
        watch.keep("jobs", line);
    }
    let found = async |pattern: &str| {
        let body = json!({ "logGroupName": "/aws/lambda/jobs", "filterPattern": pattern });
        let (_, answer) = ask(&watch, FILTER, &body).await;
        answer["events"].as_array().unwrap().len()
    };
    assert_eq!(found("?INIT_REPORT ?\"platform.initReport\"").await, 2);
    assert_eq!(found("INIT_REPORT x").await, 1);
    assert_eq!(found("?nothing").await, 0);
}
