//! What is not imported at all, and what the errors say.

use std::error::Error;

use url::Url;

use super::bench::{Bench, NEVER, customers};
use crate::{Attempt, ImportError, import};

fn chain(error: &ImportError) -> String {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn a_table_that_is_not_declared_is_refused() {
    let bench = Bench::new().await;
    for table in [
        "users",
        "customers; DROP TABLE customers",
        "customers\" (email) VALUES ('x') --",
        "",
    ] {
        let mut job = bench.file("a.csv", customers(1));
        job.table = table.to_owned();
        let error = bench.import(&job).await.unwrap_err();
        assert!(
            matches!(error, ImportError::Table { .. }) && error.is_permanent(),
            "{error}"
        );
        assert!(!error.to_string().contains("DROP"), "{error}");
    }
    assert_eq!(bench.count().await, 0);
}

#[tokio::test]
async fn a_header_that_is_none_of_the_table_is_refused_without_its_words() {
    let bench = Bench::new().await;
    for (text, reason) in [
        (
            "email,secret\n",
            "its field 2 is none of the columns age, email, name",
        ),
        ("email\") VALUES ('x') --,age\n", "its field 1 is none"),
        ("email,name\n", "its field 2 is none"), // its header is 氏名
        ("email,email\n", "it names column `email` twice"),
        ("age\n", "it lacks the required column `email`"),
        ("", "the object is empty"),
    ] {
        let error = bench.import(&bench.file("a.csv", text)).await.unwrap_err();
        assert!(
            error.is_permanent() && error.to_string().contains(reason),
            "{error}"
        );
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn an_object_that_is_missing_or_elsewhere_is_permanent() {
    let bench = Bench::new().await;
    let mut job = bench.file("a.csv", customers(1));
    for (url, reason) in [
        (
            job.url.join("tanaka.csv").unwrap(),
            "there is no such object",
        ),
        (
            job.url.join("../app.sqlite").unwrap(),
            "none of the prefixes",
        ),
        (
            Url::parse("file:///etc/passwd").unwrap(),
            "none of the prefixes",
        ),
        (
            Url::parse("http://169.254.169.254/latest").unwrap(),
            "neither s3:// nor file://",
        ),
    ] {
        job.url = url;
        let error = bench.import(&job).await.unwrap_err();
        let text = chain(&error);
        assert!(
            error.is_permanent() && text.contains(reason) && !text.contains("tanaka"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn an_object_that_changed_between_attempts_is_refused() {
    let bench = Bench::new().await;
    let file = bench.file("a.csv", customers(10));
    bench.attempt(&file, 1, || true).await.unwrap_err();
    let file = bench.file("a.csv", customers(11));
    let error = bench.attempt(&file, 2, NEVER).await.unwrap_err();
    assert!(
        matches!(error, ImportError::Changed { rows: 3 }) && error.is_permanent(),
        "{error}"
    );
    assert_eq!(bench.count().await, 3);
}

#[tokio::test]
async fn a_job_id_is_for_one_object_and_one_table() {
    let bench = Bench::new().await;
    bench
        .import(&bench.file("a.csv", customers(2)))
        .await
        .unwrap();
    let error = bench
        .import(&bench.file("b.csv", customers(2)))
        .await
        .unwrap_err();
    assert!(
        matches!(error, ImportError::Duplicate { what: "object" }) && error.is_permanent(),
        "{error}"
    );
    assert_eq!(bench.count().await, 2);
}

#[tokio::test]
async fn a_job_id_leads_to_no_other_folder() {
    let bench = Bench::new().await;
    let file = bench.file("a.csv", "email\na@e\n,\"\n");
    let attempt = |id| Attempt {
        id,
        token: 1,
        progress: None,
    };
    let imported = import(&bench.importer, &file, attempt("../../etc"), NEVER)
        .await
        .unwrap();
    assert!(
        imported
            .rejects
            .unwrap()
            .path()
            .ends_with("/rejects/_2e_2e_2f_2e_2e_2fetc/")
    );
    for id in ["", "a b", "飛脚"] {
        let error = import(&bench.importer, &file, attempt(id), NEVER)
            .await
            .unwrap_err();
        assert!(matches!(error, ImportError::JobId), "{error}");
    }
}

#[tokio::test]
async fn a_missing_cursor_table_names_the_migration() {
    let bench = Bench::new().await;
    bench.run("DROP TABLE hikyaku_cursors").await;
    let error = bench
        .import(&bench.file("a.csv", customers(1)))
        .await
        .unwrap_err();
    assert!(
        chain(&error).contains("create_hikyaku_cursors_table.php"),
        "{}",
        chain(&error)
    );
    assert!(!error.is_permanent());
}

#[tokio::test]
async fn a_database_that_is_down_is_tried_again() {
    let bench = Bench::new().await;
    let file = bench.file("a.csv", customers(1));
    std::fs::remove_file(bench.directory.path().join("app.sqlite")).unwrap();
    let url = format!(
        "sqlite://{}",
        bench.directory.path().join("gone.sqlite").display()
    );
    let directory = tempfile::tempdir().unwrap();
    let other = Bench::on(
        directory,
        &url,
        r#"{"customers": {"columns": {"email": {"type": "string"}}}}"#,
    );
    let error = other.import(&file).await.unwrap_err();
    assert!(
        matches!(error, ImportError::Database { .. }) && !error.is_permanent(),
        "{error}"
    );
}

#[tokio::test]
async fn a_record_without_end_is_refused_with_its_line() {
    let bench = Bench::new().await;
    let text = format!("email\na@e\nb@e\nc@e\n\"{}", "d@e\n".repeat(100_000));
    let error = bench.import(&bench.file("a.csv", text)).await.unwrap_err();
    assert!(
        matches!(error, ImportError::Record { line: 5, .. }) && error.is_permanent(),
        "{error}"
    );
    assert_eq!(bench.count().await, 3);
}
