//! From a body to the job's own type, also after artisan has decoded and encoded the body.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::*;

fn object(command: &str) -> String {
    serde_json::json!({
        "job": "Illuminate\\Queue\\CallQueuedHandler@call",
        "data": {"commandName": "App\\Jobs\\Step", "command": command},
    })
    .to_string()
}

#[track_caller]
fn check<T: DeserializeOwned + PartialEq + std::fmt::Debug>(data: &str, expected: &T) {
    let text = format!(r#"{{"job":"a","data":{data}}}"#);
    let payload: T = Envelope::parse(&text).unwrap().payload().unwrap();
    assert_eq!(&payload, expected, "{data}");
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Import {
    url: String,
    #[serde(default)]
    row_limit: Option<u32>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Optional {
    #[serde(default)]
    force: bool,
}

#[test]
fn json_fills_the_type_of_a_string_job() {
    let expected = Import {
        url: "u".to_owned(),
        row_limit: Some(5),
    };
    check(r#"{"url":"u","rowLimit":5,"unknown":[]}"#, &expected);
    check("[1,2]", &vec![1, 2]);
    check("null", &());
}

#[test]
fn properties_fill_the_type_of_an_object_job() {
    let text = object("O:13:\"App\\Jobs\\Step\":2:{s:6:\"\0*\0url\";s:1:\"u\";s:5:\"queue\";N;}");
    let payload: Import = Envelope::parse(&text).unwrap().payload().unwrap();
    let url = "u".to_owned();
    let row_limit = None;
    assert_eq!(payload, Import { url, row_limit });
}

#[test]
fn no_data_from_laravel_fills_null_and_an_empty_struct() {
    check("\"\"", &());
    check("\"\"", &Optional { force: false });
    check("\"\"", &None::<u8>);
    check("\"\"", &String::new());
}

#[test]
fn an_empty_php_array_fills_structs_and_maps_at_any_depth() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Outer {
        options: Optional,
        map: BTreeMap<String, u8>,
        list: Vec<u8>,
        some: Option<Optional>,
    }
    check("[]", &Optional { force: false });
    check(
        r#"{"options":[],"map":[],"list":[],"some":[]}"#,
        &Outer {
            options: Optional { force: false },
            map: BTreeMap::new(),
            list: Vec::new(),
            some: Some(Optional { force: false }),
        },
    );
}

#[test]
fn what_does_not_fit_is_reported_without_its_value() {
    let error = Envelope::parse(r#"{"job":"a","data":{"url":[]}}"#);
    let error = error.unwrap().payload::<Import>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the payload of job `a` does not fit its type"
    );
    let PayloadError::Json { source, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(
        source.to_string(),
        "invalid type: sequence, expected a string at line 1 column 7"
    );
    let text = object("O:13:\"App\\Jobs\\Step\":1:{s:3:\"url\";i:5;}");
    let error = Envelope::parse(&text)
        .unwrap()
        .payload::<Import>()
        .unwrap_err();
    let PayloadError::Properties { source, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(
        source.to_string(),
        "deserializing `url`: invalid type: integer `…`, expected a string"
    );
}

#[test]
fn a_damaged_or_encrypted_object_is_named() {
    let error = Envelope::parse(&object("O:13:\"App"))
        .unwrap()
        .payload::<Import>();
    assert!(matches!(error, Err(PayloadError::Unreadable { .. })));
    let error = Envelope::parse(&object("eyJpdiI6"))
        .unwrap()
        .payload::<Import>();
    let expected = Unsupported::Encrypted {
        job: "App\\Jobs\\Step".to_owned(),
    };
    assert!(matches!(error, Err(PayloadError::Unsupported(e)) if e == expected));
}

/// laravel/framework#44539: PHP writes an object of a class that implements `Serializable` with its own text, which begins
/// with `C:`, and Laravel takes all that does not begin with `O:` for cipher text.
#[test]
fn an_object_that_serializes_itself_is_not_called_encrypted() {
    for command in [
        "C:13:\"App\\Jobs\\Step\":12:{a:1:{i:0;i:1;}}",
        "C:13:\"App\\Jobs\\Step\":0:{}",
    ] {
        let envelope = Envelope::parse(&object(command)).unwrap();
        let refused = envelope.contents().unwrap_err();
        let expected = Unsupported::Serializable {
            job: "App\\Jobs\\Step".to_owned(),
        };
        assert_eq!(refused, expected);
        for part in ["Serializable", "__serialize"] {
            assert!(refused.to_string().contains(part), "{refused}");
        }
    }
}

#[test]
fn a_body_that_artisan_encoded_again_gives_the_same_job() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Job {
        url: String,
        ratio: f64,
        options: BTreeMap<String, u8>,
    }
    let sent = r#"{"job":"日本/a","uuid":"u","data":{"url":"https://例え/x","ratio":1.0,"options":{}},"hikyaku":{"generation":2}}"#;
    let again = r#"{"job":"\u65e5\u672c\/a","uuid":"u","data":{"url":"https:\/\/\u4f8b\u3048\/x","ratio":1,"options":[]},"hikyaku":{"generation":2}}"#;
    let (sent, again) = (
        Envelope::parse(sent).unwrap(),
        Envelope::parse(again).unwrap(),
    );
    assert_eq!(sent.name(), again.name());
    assert_eq!(
        (sent.generation, &sent.uuid),
        (again.generation, &again.uuid)
    );
    assert_eq!(
        sent.payload::<Job>().unwrap(),
        again.payload::<Job>().unwrap()
    );
}

#[test]
fn our_emptied_object_is_still_ours_after_artisan_encoded_it() {
    let envelope = Envelope::parse(r#"{"job":"a","hikyaku":[]}"#).unwrap();
    assert_eq!((envelope.generation, envelope.hops), (0, 0));
}

#[test]
fn a_body_that_was_kept_elsewhere_may_be_one_long_string() {
    #[derive(serde::Deserialize)]
    struct Report {
        text: String,
    }
    let long = "x".repeat(12 * 1024 * 1024);
    let command = format!(
        "O:6:\"Report\":1:{{s:4:\"text\";s:{}:\"{long}\";}}",
        long.len()
    );
    let body = serde_json::json!({
        "job": "Illuminate\\Queue\\CallQueuedHandler@call",
        "data": { "commandName": "Report", "command": command },
    });
    let envelope = Envelope::parse_stored(&body.to_string()).unwrap();
    let report: Report = envelope.payload().unwrap();
    assert_eq!(report.text.len(), long.len());
}
