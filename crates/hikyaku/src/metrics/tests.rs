use std::collections::HashMap;
use std::time::Duration;

use hikyaku_core::{Delivery, Outcome, Report, Side, Stages, Timestamp, Verdict};

use super::count::Requests;
use super::*;
use crate::Config;

#[test]
fn the_number_of_metrics_of_each_level_is_what_is_paid_for() {
    assert_eq!(Detail::Off.count(3, 5), 0);
    assert_eq!(Detail::Alarms.count(3, 5), 9);
    assert_eq!(Detail::Function.count(3, 5), 27);
    assert_eq!(Detail::Jobs.count(3, 5), 27 + 40);
}

#[test]
fn a_line_is_about_as_long_as_is_counted_on() {
    for level in [Detail::Alarms, Detail::Function, Detail::Jobs] {
        let measured = Measured {
            deliveries: &[delivery(1_700_000_000_000, 1)],
            reports: &[report("a", "import-csv", Outcome::Done, 2_000)],
            requests: &HashMap::new(),
            started: Timestamp::from_millis(1_700_000_001_000),
            ended: Timestamp::from_millis(1_700_000_003_000),
        };
        let [line] = measured
            .lines(&config(level, "INFO"), &JOBS)
            .try_into()
            .unwrap();
        let written = u32::try_from(line.len() + "\n".len()).unwrap();
        let said = level.bytes_of_line();
        assert!(
            written.abs_diff(said) * 20 < said,
            "{level:?}: {written}, not {said}"
        );
    }
}

const JOBS: [&str; 2] = ["import-csv", "send-invoice"];

fn config(detail: Detail, log_level: &str) -> Config {
    Config {
        metrics: detail,
        log_level_name: log_level.to_owned(),
        function_name: "jobs".to_owned(),
        memory_mb: 256,
        region: "ap-northeast-1".to_owned(),
        ..Config::from_lookup(|_| Ok(None)).unwrap()
    }
}

fn delivery(sent: u64, receive_count: u32) -> Delivery {
    Delivery {
        message_id: "m".to_owned(),
        body: "{\"secret\":1}".to_owned(),
        receive_count,
        group: None,
        queue: String::new(),
        dead_letter: None,
        sent: Some(Timestamp::from_millis(sent)),
        trace: None,
        receipt: None,
    }
}

fn report(id: &str, job: &str, outcome: Outcome, took: u64) -> Report {
    Report {
        message_id: "m".to_owned(),
        id: id.to_owned(),
        job: Some(job.to_owned()),
        attempt: u32::from(took > 0),
        side: None,
        outcome,
        verdict: Verdict::Delete,
        error: None,
        output: None,
        duration: Duration::from_millis(took),
        stages: Stages::default(),
    }
}

/// Five messages: two imports done, one import to be tried again, an invoice buried, and one that names a job of nobody's.
fn lines(detail: Detail, log_level: &str) -> Vec<String> {
    let deliveries = [
        delivery(9_000, 1),
        delivery(9_500, 1),
        delivery(1_000, 2),
        delivery(4_000, 1),
        delivery(8_000, 1),
    ];
    let reports = [
        report("a", "import-csv", Outcome::Done, 99),
        report("b", "import-csv", Outcome::Done, 49),
        report("c", "import-csv", Outcome::Released, 24),
        report("d", "send-invoice", Outcome::Buried, 24),
        report("e", "made-up-by-the-sender", Outcome::Buried, 0),
    ];
    let asked = |requests, units| Requests { requests, units };
    let requests = HashMap::from([
        ("a".to_owned(), asked(2, 2)),
        ("b".to_owned(), asked(2, 2)),
        ("c".to_owned(), asked(2, 2)),
        ("d".to_owned(), asked(2, 5)),
        ("e".to_owned(), asked(1, 1)),
    ]);
    let measured = Measured {
        deliveries: &deliveries,
        reports: &reports,
        requests: &requests,
        started: Timestamp::from_millis(10_000),
        ended: Timestamp::from_millis(10_100),
    };
    measured.lines(&config(detail, log_level), &JOBS)
}

#[test]
fn beside_a_courier_a_line_counts_the_jobs_done_on_each_side_and_makes_no_metric_of_it() {
    let on = |side, outcome| Report {
        side,
        ..report("a", "import-csv", outcome, 10)
    };
    let line = |reports: &[Report]| {
        let measured = Measured {
            deliveries: &vec![delivery(9_000, 1); reports.len()],
            reports,
            requests: &HashMap::new(),
            started: Timestamp::from_millis(10_000),
            ended: Timestamp::from_millis(10_100),
        };
        measured
            .lines(&config(Detail::Jobs, "INFO"), &JOBS)
            .remove(0)
    };
    let routed = line(&[
        on(Some(Side::Php), Outcome::Done),
        on(Some(Side::Php), Outcome::Done),
        on(Some(Side::Rust), Outcome::Done),
        on(Some(Side::Rust), Outcome::Released),
        on(None, Outcome::DoneBefore),
    ]);
    let routed: serde_json::Value = serde_json::from_str(&routed).unwrap();
    assert_eq!(routed["ProcessedInRust"], 1);
    assert_eq!(routed["ProcessedInPhp"], 2);
    assert!(!routed["_aws"].to_string().contains("ProcessedIn"));
    assert!(!line(&[on(None, Outcome::Done)]).contains("ProcessedIn"));
}

#[test]
fn alarms_get_one_short_line() {
    assert_eq!(
        lines(Detail::Alarms, "INFO"),
        [
            r#"{"Buried":2,"Failed":3,"Function":"jobs","OldestAge":9,"_aws":{"CloudWatchMetrics":[{"Dimensions":[["Function"]],"Metrics":[{"Name":"Failed","Unit":"Count"},{"Name":"Buried","Unit":"Count"},{"Name":"OldestAge","Unit":"Seconds"}],"Namespace":"hikyaku"}],"Timestamp":10100},"level":"INFO","timestamp":"1970-01-01T00:00:10.100Z"}"#
        ]
    );
}

#[test]
fn an_invocation_is_one_line_whose_counts_are_what_happened() {
    let lines = lines(Detail::Function, "INFO");
    let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!(line["Processed"], 2);
    assert_eq!(line["Failed"], 3);
    assert_eq!(line["Retried"], 1);
    assert_eq!(line["Buried"], 2);
    assert_eq!(line["Duration"], serde_json::json!([99, 49, 24, 24]));
    assert_eq!(line["Wait"], serde_json::json!([1000, 500, 6000, 2000]));
    assert_eq!(line["LedgerRequests"], 9);
    assert_eq!(line["OldestAge"], 9);
    // 12 units of 0.715, a request of 0.2, and 256 MB for 100 ms.
    let lambda = if cfg!(target_arch = "aarch64") {
        0.333_335
    } else {
        0.416_667
    };
    assert_eq!(line["CostMicroDollars"], 8.58 + 0.2 + lambda);
    assert!(!lines[0].contains("secret"));
}

#[test]
fn each_job_type_of_a_batch_has_a_line_and_a_made_up_name_makes_no_metric() {
    let lines = lines(Detail::Jobs, "INFO");
    let parsed: Vec<serde_json::Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let names: Vec<_> = parsed.iter().map(|line| &line["Job"]).collect();
    assert_eq!(names, ["import-csv", "other", "send-invoice"]);
    let sum = |name: &str| -> u64 { parsed.iter().filter_map(|line| line[name].as_u64()).sum() };
    assert_eq!(
        (sum("Processed"), sum("Buried"), sum("LedgerRequests")),
        (2, 2, 9)
    );
    let dimensions = |index: usize| &parsed[0]["_aws"]["CloudWatchMetrics"][index]["Dimensions"];
    assert_eq!(*dimensions(0), serde_json::json!([["Function"]]));
    assert_eq!(*dimensions(1), serde_json::json!([["Function", "Job"]]));
}

#[test]
fn a_line_has_the_lowest_level_that_lambda_lets_through() {
    for (configured, written) in [
        ("DEBUG", "INFO"),
        ("INFO", "INFO"),
        ("WARN", "WARN"),
        ("ERROR", "ERROR"),
        ("FATAL", "FATAL"),
    ] {
        let lines = lines(Detail::Alarms, configured);
        let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(line["level"], written);
    }
}

#[test]
fn every_metric_that_a_line_declares_has_a_value_in_it() {
    for detail in [Detail::Alarms, Detail::Function, Detail::Jobs] {
        for line in lines(detail, "INFO") {
            let line: serde_json::Value = serde_json::from_str(&line).unwrap();
            for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
                for metric in directive["Metrics"].as_array().unwrap() {
                    let name = metric["Name"].as_str().unwrap();
                    assert!(!line[name].is_null(), "{name}");
                }
            }
        }
    }
}
