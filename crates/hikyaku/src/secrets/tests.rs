//! Secrets, asked for from a service of the test's own.

use std::fmt::Write as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf";

/// A service that answers with each of `answers` in turn; what it was asked comes back.
async fn service(answers: &'static [(u16, &'static str)]) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let serving = async move {
        let mut asked = Vec::new();
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !is_whole(&request) {
                let mut part = [0; 4096];
                let read = stream.read(&mut part).await.unwrap();
                request.extend_from_slice(&part[..read]);
            }
            let mut answer = format!(
                "HTTP/1.1 {status} Said\r\ncontent-length: {}\r\n",
                body.len()
            );
            write!(answer, "connection: close\r\n\r\n{body}").unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            asked.push(String::from_utf8(request).unwrap());
        }
        asked
    };
    (address, Box::pin(serving))
}

type Asked = std::pin::Pin<Box<dyn Future<Output = Vec<String>>>>;

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

fn config(endpoint: &str) -> Config {
    Config::from_lookup(|name| {
        Ok(match name {
            "AWS_ENDPOINT_URL" => Some(endpoint.to_owned()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("of-a-test".to_owned()),
            _ => None,
        })
    })
    .unwrap()
}

async fn read(
    from: &str,
    answers: &'static [(u16, &'static str)],
) -> (Result<String, String>, Vec<String>) {
    let (address, asked) = service(answers).await;
    let from = ValueFrom::parse(from).unwrap();
    let config = config(&address);
    let (value, asked) = tokio::join!(from.read(&config), asked);
    (value.map_err(|error| hikyaku_core::explain(&error)), asked)
}

#[tokio::test]
async fn a_secret_is_read_whole_or_by_the_key_of_its_json() {
    let answer: &[(u16, &str)] = &[(
        200,
        r#"{"SecretString": "{\"password\": \"p\", \"port\": 3306}"}"#,
    )];
    let (whole, asked) = read(SECRET, answer).await;
    assert_eq!(whole.unwrap(), r#"{"password": "p", "port": 3306}"#);
    let request = &asked[0];
    assert!(request.starts_with("POST / HTTP/1.1\r\n"), "{request}");
    assert!(
        request.contains("x-amz-target: secretsmanager.GetSecretValue\r\n"),
        "{request}"
    );
    assert!(
        request.contains("/eu-west-1/secretsmanager/aws4_request"),
        "{request}"
    );
    assert!(
        request.ends_with(&format!(r#"{{"SecretId":"{SECRET}"}}"#)),
        "{request}"
    );
    for (key, value) in [("password", "p"), ("port", "3306")] {
        let (read, _) = read(&format!("{SECRET}:{key}::"), answer).await;
        assert_eq!(read.unwrap(), value);
    }
    let (missing, _) = read(&format!("{SECRET}:user::"), answer).await;
    assert!(
        missing
            .unwrap_err()
            .contains("no text under the key `user`")
    );
}

#[tokio::test]
async fn a_version_of_a_secret_can_be_named() {
    let answer: &[(u16, &str)] = &[(200, r#"{"SecretString": "old"}"#)];
    let (read, asked) = read(&format!("{SECRET}::AWSPREVIOUS:v-1"), answer).await;
    assert_eq!(read.unwrap(), "old");
    assert!(
        asked[0].contains(r#""VersionStage":"AWSPREVIOUS""#),
        "{}",
        asked[0]
    );
    assert!(asked[0].contains(r#""VersionId":"v-1""#), "{}", asked[0]);
}

#[tokio::test]
async fn a_parameter_is_read_decrypted() {
    let answer: &[(u16, &str)] = &[(200, r#"{"Parameter": {"Value": "base64:key"}}"#)];
    let (read, asked) = read("/app/key", answer).await;
    assert_eq!(read.unwrap(), "base64:key");
    assert!(
        asked[0].contains("x-amz-target: AmazonSSM.GetParameter\r\n"),
        "{}",
        asked[0]
    );
    assert!(
        asked[0].contains(r#""WithDecryption":true"#),
        "{}",
        asked[0]
    );
}

#[tokio::test]
async fn a_refusal_says_which_secret_and_why_and_is_not_repeated() {
    let refused: &[(u16, &str)] = &[(
        400,
        r#"{"__type": "com.amazon#AccessDeniedException", "Message": "not for this role"}"#,
    )];
    let (read, _) = read(SECRET, refused).await;
    let said = read.unwrap_err();
    assert!(said.contains(SECRET), "{said}");
    assert!(
        said.contains("AccessDeniedException: not for this role"),
        "{said}"
    );
}

/// SSM throttles with 400 (AWS Systems Manager API reference, "Common Errors").
#[tokio::test]
async fn what_is_throttled_is_asked_again_whatever_its_status() {
    for throttled in [
        r#"{"__type": "ThrottlingException", "message": "Rate exceeded"}"#,
        r#"{"__type": "com.amazonaws.ssm#ThrottlingException", "Message": "Rate exceeded"}"#,
        r#"{"__type": "RequestLimitExceeded"}"#,
    ] {
        let answers = vec![
            (400, throttled),
            (400, throttled),
            (200, r#"{"Parameter": {"Value": "v"}}"#),
        ];
        let (value, asked) = read("/app/key", answers.leak()).await;
        assert_eq!(value.unwrap(), "v");
        assert_eq!(asked.len(), 3);
    }
}

#[tokio::test]
async fn what_fails_on_the_other_side_is_asked_again() {
    let busy: &[(u16, &str)] = &[(503, "{}"), (200, r#"{"SecretString": "s"}"#)];
    let (read, asked) = read(SECRET, busy).await;
    assert_eq!(read.unwrap(), "s");
    assert_eq!(asked.len(), 2);
}

#[tokio::test]
async fn what_holds_no_such_text_says_so_and_shows_nothing_of_it() {
    const OF_JSON: &str =
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf:password::";
    let holds_no_text: [(&str, &'static [(u16, &'static str)]); 4] = [
        (SECRET, &[(200, r#"{"SecretBinary": "c2VhbGVk"}"#)]),
        (OF_JSON, &[(200, r#"{"SecretString": "sealed"}"#)]),
        (
            OF_JSON,
            &[(200, r#"{"SecretString": "{\"user\": \"sealed\"}"}"#)],
        ),
        ("/app/key", &[(200, r#"{"Parameter": {}}"#)]),
    ];
    for (from, answers) in holds_no_text {
        let (read, _) = read(from, answers).await;
        let said = read.unwrap_err();
        assert!(said.contains("it holds no text"), "{said}");
        assert!(!said.contains("sealed"), "{said}");
        assert_eq!(said.contains("under the key `password`"), from == OF_JSON);
    }
}

#[tokio::test]
async fn an_answer_that_is_not_json_is_an_error_that_shows_nothing_of_it() {
    let (read, _) = read(SECRET, &[(200, "<html>sealed</html>")]).await;
    let said = read.unwrap_err();
    assert!(
        said.contains("secretsmanager answered `GetSecretValue` with something that is not JSON"),
        "{said}"
    );
    assert!(!said.contains("sealed"), "{said}");
}

#[tokio::test]
async fn without_keys_nothing_is_asked() {
    let config = Config::from_lookup(|name| {
        Ok((name == "AWS_ENDPOINT_URL").then(|| "http://127.0.0.1:1".to_owned()))
    })
    .unwrap();
    let from = ValueFrom::parse(SECRET).unwrap();
    let error = from.read(&config).await.unwrap_err();
    let said = hikyaku_core::explain(&error);
    assert!(said.contains("there are no AWS credentials"), "{said}");
}

#[tokio::test]
async fn a_service_that_is_not_there_is_said_with_its_address() {
    let from = ValueFrom::parse(SECRET).unwrap();
    let error = from.read(&config("http://127.0.0.1:1")).await.unwrap_err();
    let said = hikyaku_core::explain(&error);
    assert!(
        said.contains("cannot be reached at http://127.0.0.1:1"),
        "{said}"
    );
}

#[test]
fn what_names_no_secret_is_refused_without_showing_it() {
    for text in [
        "",
        "hunter2!",
        "arn:aws:s3:::bucket",
        "base64:abc=",
        "arn:aws:ssm:r:1:document/x",
    ] {
        let error = ValueFrom::parse(text).unwrap_err().to_string();
        assert!(text.is_empty() || !error.contains(text), "{error}");
    }
}

#[test]
fn services_are_where_aws_has_them() {
    for (region, dual_stack, endpoint) in [
        ("eu-west-1", false, "https://ssm.eu-west-1.amazonaws.com"),
        ("eu-west-1", true, "https://ssm.eu-west-1.api.aws"),
        (
            "cn-north-1",
            false,
            "https://ssm.cn-north-1.amazonaws.com.cn",
        ),
    ] {
        assert_eq!(
            Service::new("ssm", region, dual_stack, None).endpoint,
            endpoint
        );
    }
}

#[tokio::test]
async fn an_application_key_that_is_kept_elsewhere_is_read_when_the_function_starts() {
    let key = r#"{"Parameter": {"Value": "base64:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}}"#;
    let answers: &[(u16, &str)] = Box::leak(Box::new([(200, key)]));
    let (address, asked) = service(answers).await;
    let config = Config::from_lookup(|name| {
        Ok(match name {
            "AWS_ENDPOINT_URL_SSM" => Some(address.clone()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("of-a-test".to_owned()),
            "HIKYAKU_APP_KEY_FROM" => Some("/app/key".to_owned()),
            _ => None,
        })
    })
    .unwrap();
    assert!(config.encrypter().unwrap().is_none());
    let (config, _) = tokio::join!(config.with_secrets(), asked);
    assert!(config.unwrap().encrypter().unwrap().is_some());
}

#[test]
fn a_key_in_two_places_is_an_error() {
    let error = Config::from_lookup(|name| {
        Ok(match name {
            "HIKYAKU_APP_KEY" => Some("base64:secret".to_owned()),
            "HIKYAKU_APP_KEY_FROM" => Some("/app/key".to_owned()),
            _ => None,
        })
    })
    .unwrap_err()
    .to_string();
    assert!(error.contains("HIKYAKU_APP_KEY_FROM"), "{error}");
    assert!(!error.contains("base64:secret"), "{error}");
}
