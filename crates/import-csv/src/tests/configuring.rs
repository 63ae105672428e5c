//! Settings, and the payload as Laravel sends it.

use crate::{
    Authorities, ConfigError, Database, DatabaseSettings, Encoding, ImportCsv, PasswordFrom,
    Settings,
};

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
    let aws = hikyaku::Config::from_lookup(|_| Ok(None)).unwrap();
    let error = Database::new(&DatabaseSettings::of(url), &aws).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    let settings = settings(&[("DATABASE_URL", url)]).unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn a_password_is_in_the_url_or_kept_elsewhere_or_a_token_but_not_two_of_them() {
    let secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf:password::";
    let of = |more: &[(&str, &str)]| settings(more).map(|settings| settings.database);
    assert_eq!(of(&[]).unwrap().password_from, None);
    let kept = of(&[("DATABASE_PASSWORD_FROM", secret)]).unwrap();
    assert!(matches!(kept.password_from, Some(PasswordFrom::Secret(_))));
    let token = of(&[("DATABASE_IAM", "1"), ("DATABASE_CA", "rds")]).unwrap();
    assert_eq!(token.password_from, Some(PasswordFrom::Iam));
    assert_eq!(token.authorities, Some(Authorities::Rds));
    for (more, reason) in [
        (&[("DATABASE_IAM", "1")][..], "DATABASE_CA=rds"),
        (&[("DATABASE_IAM", "yes")], "neither 0 nor 1"),
        (
            &[
                ("DATABASE_IAM", "1"),
                ("DATABASE_CA", "rds"),
                ("DATABASE_PASSWORD_FROM", secret),
            ],
            "two passwords",
        ),
        (
            &[("DATABASE_PASSWORD_FROM", "hunter2!")],
            "DATABASE_PASSWORD_FROM",
        ),
        (&[("DATABASE_CONNECTIONS", "0")], "from 1 to 100"),
    ] {
        let error = of(more).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn a_file_has_no_password_and_a_region_without_certificates_is_said() {
    let aws = hikyaku::Config::from_lookup(|_| Ok(None)).unwrap();
    let mut file = DatabaseSettings::of("sqlite::memory:");
    file.password_from = Some(PasswordFrom::Iam);
    let error = Database::new(&file, &aws).unwrap_err().to_string();
    assert!(
        error.contains("sqlite:// database has no password"),
        "{error}"
    );
    let mut server = DatabaseSettings::of("mysql://app@db/app");
    server.authorities = Some(Authorities::Rds);
    assert!(Database::new(&server, &aws).is_ok());
    let moon = hikyaku::Config {
        region: "moon-1".to_owned(),
        ..aws
    };
    assert!(Database::new(&server, &moon).is_err());
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
        serde_json::from_str(include_str!("../../../../events/direct/import-csv.json")).unwrap();
    assert_eq!(body["displayName"], <ImportCsv as hikyaku::Job>::NAME);
    assert!(
        body["data"]["command"]
            .as_str()
            .unwrap()
            .contains("customers")
    );
}
