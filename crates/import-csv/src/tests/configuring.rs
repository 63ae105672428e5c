//! Settings, and the payload as Laravel sends it.

use crate::{ConfigError, Database, Encoding, ImportCsv, Settings};

fn settings(variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    let usual = [
        ("DATABASE_URL", "sqlite:///app.sqlite"),
        ("IMPORT_SOURCES", "s3://uploads/in/ s3://more"),
        (
            "IMPORT_TABLES",
            r#"{"t": {"columns": {"a": {"type": "string"}}}}"#,
        ),
    ];
    Settings::from_variables(|name| {
        let found = variables.iter().chain(&usual).find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn two_sources_and_a_table_are_read() {
    let settings = settings(&[]).unwrap();
    assert_eq!(settings.objects.allowed.len(), 2);
    assert!(settings.rejects.is_none() && settings.tables.get("t").is_some());
}

#[test]
fn what_cannot_be_used_is_named() {
    for (variable, value, reason) in [
        ("DATABASE_URL", "", "DATABASE_URL is not set"),
        (
            "IMPORT_SOURCES",
            "uploads",
            "IMPORT_SOURCES holds something that is no URL: `uploads`",
        ),
        ("IMPORT_TABLES", "{}", "it names no table"),
        (
            "IMPORT_TABLES",
            r#"{"t": {"columns": {}}}"#,
            "table `t` has no columns",
        ),
        (
            "IMPORT_TABLES",
            r#"{"t": {"columns": {"a": {"type": "str"}}}}"#,
            "unknown variant `str`",
        ),
        (
            "IMPORT_TABLES",
            r#"{"t": {"columns": {"a": {"type": "text", "maximum": 1}}}}"#,
            "unknown field `maximum`",
        ),
        (
            "IMPORT_TABLES",
            r#"{"a..b": {"columns": {"a": {"type": "text"}}}}"#,
            "cannot be a table's name",
        ),
    ] {
        let error = settings(&[(variable, value)]).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[tokio::test]
async fn a_password_is_never_shown() {
    let url = "postgres://app:hunter2@localhost:5432x/app";
    let error = Database::connect_lazily(url).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    let settings = settings(&[("DATABASE_URL", url)]).unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn a_payload_may_leave_out_what_php_has_a_default_for() {
    let job: ImportCsv =
        serde_json::from_str(r#"{"url": "s3://uploads/in/a.csv", "table": "t"}"#).unwrap();
    assert_eq!(job.encoding, Encoding::Auto);
    let job = r#"{"url": "s3://uploads/in/a.csv", "table": "t", "encoding": "sjis"}"#;
    assert_eq!(
        serde_json::from_str::<ImportCsv>(job).unwrap().encoding,
        Encoding::Cp932
    );
    assert!(serde_json::from_str::<ImportCsv>(r#"{"url": "s3://uploads/in/a.csv"}"#).is_err());
}

/// The sample event is what Laravel sends.
#[test]
fn the_sample_event_names_this_job() {
    let body: serde_json::Value =
        serde_json::from_str(include_str!("../../../../events/import-csv.json")).unwrap();
    assert_eq!(body["displayName"], <ImportCsv as hikyaku::Job>::NAME);
    assert!(
        body["data"]["command"]
            .as_str()
            .unwrap()
            .contains("customers")
    );
}
