//! What stands in the log of a function that cannot start.

use super::*;

/// The lines of a failed start, the process's own first.
async fn lines(format: &str, change: impl FnOnce(&mut Function, &mut Host)) -> Vec<String> {
    let stage = Stage::with(|function, host| {
        format.clone_into(&mut host.surroundings.log_format);
        change(function, host);
    });
    let answer = stage.answer(json!({ "do": "echo" })).await;
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.result.is_err()));
    // Warm or not, a second one says the same.
    let lines = stage.lines.lock().clone();
    stage.stop().await;
    let of_start = |line: &String| line.contains("nit") || line.contains("binary");
    lines.into_iter().filter(of_start).collect()
}

fn behaves(behaviour: &'static str) -> impl FnOnce(&mut Function, &mut Host) {
    move |function, host| {
        let environment = &mut function.environment;
        environment.insert(BEHAVIOUR.to_owned(), behaviour.to_owned());
        host.limits.init = Duration::from_millis(500);
    }
}

#[tokio::test]
async fn a_failed_start_is_reported_in_lambdas_words() {
    for (behaviour, ending) in [
        (
            "exits at once",
            "Phase: init\tStatus: error\tError Type: Runtime.ExitError",
        ),
        ("refuses", "Phase: init\tStatus: error\tError Type: Config"),
        ("hangs at once", "Phase: init\tStatus: timeout"),
    ] {
        let lines = lines("Text", behaves(behaviour)).await;
        let last = lines.last().unwrap();
        assert!(last.starts_with("INIT_REPORT Init Duration: "), "{lines:?}");
        assert!(last.ends_with(ending), "{lines:?}");
    }
}

#[tokio::test]
async fn a_failed_start_is_reported_in_json_where_logs_are_json() {
    for (behaviour, status, kind) in [
        ("exits at once", "error", json!("Runtime.ExitError")),
        ("hangs at once", "timeout", Value::Null),
    ] {
        let lines = lines("JSON", behaves(behaviour)).await;
        let last: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
        assert_eq!(last["type"], "platform.initReport");
        assert_eq!(
            (&last["record"]["status"], &last["record"]["errorType"]),
            (&json!(status), &kind)
        );
        assert!(last["record"]["metrics"]["durationMs"].is_number());
        assert!(last["time"].as_str().unwrap().ends_with('Z'));
    }
    // Its own word wins.
    let own = |function: &mut Function, host: &mut Host| {
        behaves("exits at once")(function, host);
        let environment = &mut function.environment;
        environment.insert("AWS_LAMBDA_LOG_FORMAT".to_owned(), "Text".to_owned());
    };
    let lines = lines("JSON", own).await;
    assert!(
        lines.last().unwrap().starts_with("INIT_REPORT "),
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_function_without_a_binary_has_a_log_all_the_same() {
    let lines = lines("Text", |function, _| {
        function.binary.name = "missing".to_owned();
    })
    .await;
    let [why, report] = lines.as_slice() else {
        panic!("{lines:?}");
    };
    assert!(
        why.ends_with("build it with `cargo build --bin missing`"),
        "{why}"
    );
    assert!(
        report.ends_with("Error Type: Runtime.InvalidEntrypoint"),
        "{report}"
    );
}

#[tokio::test]
async fn a_process_that_ends_later_was_started() {
    let stage = Stage::new();
    stage.error(json!({ "do": "exit" })).await;
    let lines = stage.lines.lock().clone();
    assert!(
        !lines.iter().any(|line| line.contains("INIT_REPORT")),
        "{lines:?}"
    );
    stage.stop().await;
}
