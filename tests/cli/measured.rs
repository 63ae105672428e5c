//! What functions measure is shown: through the binary, on the cloud of `hikyaku dev`.

use serde_json::Value as Json;

use super::dev::Dev;

impl Dev {
    /// One job that is done, and one that fails for good.
    fn run_two_jobs(&self) {
        let done = self.import("numbers.csv");
        self.until(&["show", &done], |job| job["state"] == "done");
        self.break_a_job("late.csv");
    }
}

/// The function's own member of an answer, and that of its one job type.
fn of_function_and_job(all: &Json) -> [Json; 2] {
    all.as_array().unwrap().clone().try_into().unwrap()
}

#[tokio::test]
async fn the_monitor_shows_how_fast_functions_and_their_jobs_work() {
    let dev = Dev::start().await;
    assert!(
        dev.says(&["monitor"]).contains("HIKYAKU_METRICS=function"),
        "nothing was measured yet"
    );
    dev.run_two_jobs();

    // The line of metrics is the last that an invocation writes, after the job is settled.
    let seen = dev.until(&["monitor"], |seen| {
        seen["work"]["work"][0]["buried"] == 1.0 && seen["work"]["work"][0]["donePerMinute"] != 0.0
    });
    let [function, job] = of_function_and_job(&seen["work"]["work"]);
    assert_eq!(
        (&function["function"], &function["job"]),
        (&Json::from("import-csv"), &Json::Null)
    );
    assert_eq!(job["job"], r"App\Jobs\ImportCsv");
    for measured in [&function, &job] {
        assert!(
            measured["donePerMinute"].as_f64().unwrap() > 0.0,
            "{seen:#}"
        );
        assert!(
            measured["failedPerMinute"].as_f64().unwrap() > 0.0,
            "{seen:#}"
        );
        assert!(measured["p99Ms"].as_f64().unwrap() >= measured["p50Ms"].as_f64().unwrap());
    }
    assert!(function["oldestSeconds"].is_number());

    let text = dev.says(&["monitor"]);
    assert!(
        text.contains("DONE/MIN") && text.contains(r"  App\Jobs\ImportCsv"),
        "{text}"
    );
    let named = dev.says(&["monitor", "imports"]);
    assert!(!named.contains("DONE/MIN"), "{named}");
}

#[tokio::test]
async fn what_each_job_type_has_cost_is_summed_up_from_its_own_metrics() {
    let dev = Dev::start().await;
    assert_eq!(
        dev.run(&["spent"]).status.code(),
        Some(3),
        "nothing was measured yet"
    );
    dev.run_two_jobs();
    let amount = |value: &Json| -> f64 { value.as_str().unwrap().parse().unwrap() };

    let spent = dev.until(&["spent", "--since", "1h"], |spent| {
        spent["jobs"][0]["done"] == "1"
    });
    let job = &spent["jobs"][0];
    assert_eq!(
        (&job["job"], &job["function"]),
        (
            &Json::from(r"App\Jobs\ImportCsv"),
            &Json::from("import-csv")
        )
    );
    assert!(amount(&job["usd"]) > 0.0);
    assert_eq!(spent["usd"], job["usd"], "it is all there is");
    // An hour and what has passed of a minute: some 720 of them are a month.
    let times = amount(&job["usdPerMonth"]) / amount(&job["usd"]);
    assert!((700.0..=731.0).contains(&times), "{spent:#}");
    assert!(dev.says(&["spent"]).contains(r"App\Jobs\ImportCsv"));
}
