//! What a function says that cannot start.

use std::process::Command;

use serde_json::Value;

use super::binaries;

#[test]
fn a_function_that_cannot_start_says_why_as_json_at_error_and_nothing_else() {
    for (binary, variable, reason) in [
        ("import-csv", "-", "IMPORT_TABLES is not set"),
        ("resize-image", "-", "RESIZE_SOURCE_URLS is not set"),
        ("report-jobs", "-", "REPORT_URL is not set"),
        ("courier", "-", "HIKYAKU_PHP_URL is not set"),
        ("courier", "HIKYAKU_PHP_URL", "HIKYAKU_PHP_KEY is not set"),
        (
            "bury-dead-letters",
            "HIKYAKU_METRICS",
            "`HIKYAKU_METRICS` is `-`",
        ),
    ] {
        let answer = Command::new(binaries::folder().join(binary))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")
            .env(variable, "-")
            .output()
            .unwrap();
        assert_eq!(answer.status.code(), Some(1), "{binary}");
        assert_eq!(String::from_utf8_lossy(&answer.stderr), "", "{binary}");
        let line: Value = serde_json::from_slice(&answer.stdout).unwrap();
        assert_eq!(line["level"], "ERROR", "{binary}");
        let message = line["message"].as_str().unwrap();
        assert!(message.contains(reason), "{binary}: {message}");
    }
}
