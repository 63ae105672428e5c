//! What may be used and what may not, on real files and against a small server that speaks enough S3.

use std::path::Path as FilePath;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::aws::AmazonS3ConfigKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use url::Url;

use super::{Credentials, Headers, Objects, ObjectsConfig, ObjectsError, object_url, s3};

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn file_url(path: &FilePath) -> Url {
    Url::from_file_path(path).unwrap()
}

fn files_in(directory: &FilePath) -> Objects {
    let allowed = Url::from_directory_path(directory).unwrap();
    Objects::new(ObjectsConfig {
        local_files: true,
        ..ObjectsConfig::allow([allowed])
    })
    .unwrap()
}

async fn read(objects: &Objects, url: &Url) -> Result<Vec<u8>, ObjectsError> {
    let object = objects.get(url).await?;
    let pieces: Vec<Bytes> = object.bytes.try_collect().await?;
    Ok(pieces.concat())
}

fn text() -> Headers {
    Headers::of_type("text/plain").cached(Some("max-age=60".to_owned()))
}

/// Why `text` is refused when `allowed` is the only prefix; None if it is not.
#[track_caller]
fn refusal(allowed: &str, text: &str) -> Option<ObjectsError> {
    let config = ObjectsConfig {
        region: Some("ap-northeast-1".into()),
        ..ObjectsConfig::allow([url(allowed)])
    };
    Objects::new(config).unwrap().find(&url(text)).err()
}

#[test]
fn a_key_under_the_prefix_is_allowed() {
    for key in [
        "s3://uploads/in/a.csv",
        "s3://uploads/in/2026/%E9%A1%A7%E5%AE%A2.csv",
        "s3://uploads/in/a%23b.csv",
    ] {
        assert!(refusal("s3://uploads/in/", key).is_none(), "{key}");
    }
    assert!(refusal("s3://uploads", "s3://uploads/any/where.csv").is_none());
}

#[test]
fn everything_else_is_not() {
    for key in [
        "s3://uploads/out/a.csv",
        "s3://uploads/in-of-others/a.csv",
        "s3://uploads/in/../out/a.csv",
        "s3://uploads/in/%2e%2e/out/a.csv",
        "s3://other/in/a.csv",
    ] {
        assert!(
            matches!(
                refusal("s3://uploads/in", key),
                Some(ObjectsError::NotAllowed)
            ),
            "{key}"
        );
    }
}

#[test]
fn strange_urls_are_refused() {
    for text in [
        "s3://uploads/in/..%2f..%2fout",
        "s3://uploads/in//a.csv",
        "s3://uploads/in/a%00.csv",
        "s3://user:secret@uploads/in/a.csv",
        "s3://uploads/in/a.csv?versionId=1",
        "s3://uploads/in/a.csv#b",
        "s3://uploads:80/in/a.csv",
        "s3://uploads/in/",
        "s3://Uploads/in/a.csv",
        "https://uploads/in/a.csv",
        "file://host/in/a.csv",
    ] {
        assert!(
            matches!(
                refusal("s3://uploads/in", text),
                Some(ObjectsError::Url { .. })
            ),
            "{text}"
        );
    }
}

#[test]
fn no_error_names_what_the_payload_named() {
    let error = refusal("s3://uploads/in", "s3://user:hunter2@uploads/in/a.csv").unwrap();
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[test]
fn local_files_need_the_setting() {
    assert!(matches!(
        refusal("file:///tmp/", "file:///tmp/a.csv"),
        Some(ObjectsError::LocalFiles)
    ));
}

#[test]
fn under_lambda_local_files_are_off_unless_configured() {
    let config = |variables: &'static [(&str, &str)]| {
        let lookup = |name: &str| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        ObjectsConfig::from_variables(vec![], lookup).unwrap()
    };
    assert!(config(&[]).local_files);
    assert!(!config(&[("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")]).local_files);
    assert!(
        config(&[
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
            ("HIKYAKU_LOCAL_FILES", "1")
        ])
        .local_files
    );
}

#[tokio::test]
async fn a_file_is_written_and_read_from_any_offset() {
    let directory = tempfile::tempdir().unwrap();
    let objects = files_in(directory.path());
    let target = file_url(&directory.path().join("new/folder/顧客.csv"));
    objects
        .put(&target, Bytes::from_static(b"0123456789"), text())
        .await
        .unwrap();
    assert_eq!(read(&objects, &target).await.unwrap(), b"0123456789");

    let info = objects.head(&target).await.unwrap();
    assert_eq!(info.size(), 10);
    for (offset, expected) in [(7, &b"789"[..]), (10, b"")] {
        let rest = objects.get_from(&target, offset, &info).await.unwrap();
        let pieces: Vec<Bytes> = rest.bytes.try_collect().await.unwrap();
        assert_eq!(pieces.concat(), expected);
    }
    objects
        .put(&target, Bytes::from_static(b"another one"), text())
        .await
        .unwrap();
    assert!(matches!(
        objects.get_from(&target, 1, &info).await,
        Err(ObjectsError::Changed { .. })
    ));
}

#[tokio::test]
async fn a_large_file_is_read_in_pieces_and_says_when_it_shrinks() {
    let directory = tempfile::tempdir().unwrap();
    let (objects, path) = (files_in(directory.path()), directory.path().join("large"));
    let whole: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    std::fs::write(&path, &whole).unwrap();
    let url = file_url(&path);
    assert!(read(&objects, &url).await.unwrap() == whole);
    let info = objects.head(&url).await.unwrap();
    let rest = objects.get_from(&url, 777_777, &info).await.unwrap();
    let pieces: Vec<Bytes> = rest.bytes.try_collect().await.unwrap();
    assert!(pieces.len() > 10 && pieces.concat() == whole[777_777..]);

    let mut object = objects.get(&url).await.unwrap();
    let first = object.bytes.try_next().await.unwrap().unwrap();
    std::fs::write(&path, &whole[..=first.len()]).unwrap();
    let error = object.bytes.try_collect::<Vec<Bytes>>().await.unwrap_err();
    assert!(!error.to_string().contains("large"), "{error}");
}

#[tokio::test]
async fn a_missing_file_is_permanent_and_unnamed() {
    let directory = tempfile::tempdir().unwrap();
    let error = read(
        &files_in(directory.path()),
        &file_url(&directory.path().join("tanaka.csv")),
    )
    .await
    .unwrap_err();
    assert!(error.is_permanent());
    assert!(!error.to_string().contains("tanaka"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_followed_only_within_the_prefix() {
    use std::os::unix::fs::symlink;
    let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(outside.path().join("secret"), b"secret").unwrap();
    std::fs::write(inside.path().join("real"), b"real").unwrap();
    symlink(outside.path().join("secret"), inside.path().join("leak")).unwrap();
    symlink(outside.path(), inside.path().join("folder")).unwrap();
    symlink(inside.path().join("real"), inside.path().join("alias")).unwrap();
    let objects = files_in(inside.path());

    assert_eq!(
        read(&objects, &file_url(&inside.path().join("alias")))
            .await
            .unwrap(),
        b"real"
    );
    for name in ["leak", "folder/secret"] {
        let error = read(&objects, &file_url(&inside.path().join(name)))
            .await
            .unwrap_err();
        assert!(matches!(error, ObjectsError::NotAllowed), "{name}: {error}");
    }
    let error = objects
        .put(
            &file_url(&inside.path().join("folder/new/a")),
            Bytes::new(),
            text(),
        )
        .await
        .unwrap_err();
    assert!(matches!(error, ObjectsError::NotAllowed), "{error}");
    assert!(!outside.path().join("new").exists());
}

#[tokio::test]
async fn a_folder_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("folder")).unwrap();
    let error = read(
        &files_in(directory.path()),
        &file_url(&directory.path().join("folder")),
    )
    .await
    .unwrap_err();
    assert!(matches!(error, ObjectsError::Url { .. }), "{error}");
}

fn s3_config(endpoint: &str) -> ObjectsConfig {
    ObjectsConfig {
        region: Some("ap-northeast-1".into()),
        endpoint: Some(url(endpoint)),
        credentials: Some(Credentials::new(
            "AKID".into(),
            "hunter2".into(),
            Some("session".into()),
        )),
        ..ObjectsConfig::allow([url("s3://uploads/in")])
    }
}

#[test]
fn the_settings_reach_the_client() {
    let builder = s3::builder(&s3_config("http://127.0.0.1:4566/"), "uploads");
    for (key, expected) in [
        (AmazonS3ConfigKey::Bucket, "uploads"),
        (AmazonS3ConfigKey::Region, "ap-northeast-1"),
        (AmazonS3ConfigKey::Endpoint, "http://127.0.0.1:4566"),
        (AmazonS3ConfigKey::AccessKeyId, "AKID"),
        (AmazonS3ConfigKey::Token, "session"),
    ] {
        assert_eq!(
            builder.get_config_value(&key).as_deref(),
            Some(expected),
            "{key:?}"
        );
    }
}

#[test]
fn secrets_are_not_shown() {
    assert!(
        !format!(
            "{:?}",
            Objects::new(s3_config("http://127.0.0.1:1")).unwrap()
        )
        .contains("hunter2")
    );
}

/// Answers one request with `response`; gives back what was asked.
async fn answer_once(listener: TcpListener, response: &str) -> String {
    let (mut socket, _) = listener.accept().await.unwrap();
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        let length = socket.read(&mut buffer).await.unwrap();
        request.extend_from_slice(&buffer[..length]);
    }
    socket.write_all(response.as_bytes()).await.unwrap();
    String::from_utf8(request).unwrap()
}

/// Objects in a bucket behind a server that answers once.
async fn behind_a_server() -> (Objects, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    (Objects::new(s3_config(&endpoint)).unwrap(), listener)
}

#[tokio::test]
async fn an_object_of_s3_is_asked_for_signed_and_by_its_own_name() {
    let (objects, listener) = behind_a_server().await;
    let response = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\netag: \"v1\"\r\n\
                    last-modified: Mon, 01 Jun 2026 00:00:00 GMT\r\n\r\na,b\r\n";
    let key = url("s3://uploads/in/%E9%A1%A7%20a.csv");
    let (request, bytes) = tokio::join!(answer_once(listener, response), read(&objects, &key));
    assert_eq!(bytes.unwrap(), b"a,b\r\n");
    assert!(
        request.starts_with("GET /uploads/in/%E9%A1%A7%20a.csv HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains("authorization: AWS4-HMAC-SHA256 Credential=AKID/"),
        "{request}"
    );
    assert!(
        request.contains("x-amz-security-token: session"),
        "{request}"
    );
}

#[tokio::test]
async fn an_object_of_s3_is_stored_with_its_type() {
    let (objects, listener) = behind_a_server().await;
    let response = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\netag: \"v1\"\r\n\r\n";
    let key = url("s3://uploads/in/a.txt");
    let (request, stored) = tokio::join!(
        answer_once(listener, response),
        objects.put(&key, Bytes::from_static(b"a"), text())
    );
    stored.unwrap();
    for header in [
        "content-type: text/plain\r\n",
        "cache-control: max-age=60\r\n",
    ] {
        assert!(request.contains(header), "{request}");
    }
    let (_, signed) = request.split_once("SignedHeaders=").unwrap();
    let (signed, _) = signed.split_once(',').unwrap();
    assert!(signed.contains("content-type"), "{signed}");
}

/// What a refusal of S3's becomes.
async fn refused_with(status: &str, body: &str) -> ObjectsError {
    let (objects, listener) = behind_a_server().await;
    let length = body.len();
    let response = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
    let key = url("s3://uploads/in/tanaka%20taro.csv");
    let (_, bytes) = tokio::join!(answer_once(listener, &response), read(&objects, &key));
    bytes.unwrap_err()
}

fn error_of_s3(code: &str, message: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <Key>in/tanaka taro.csv</Key><RequestId>4442587FB7D0A2F9</RequestId></Error>"
    )
}

#[tokio::test]
async fn a_refusal_without_words_names_the_bucket_only() {
    let error = refused_with("403 Forbidden", "").await;
    assert!(matches!(error, ObjectsError::Denied { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "could not read an object in bucket `uploads`: this function has no permission"
    );
}

/// A status, a code, its message, what the error adds, and whether it is final.
const ANSWERS: [(&str, &str, &str, &str, bool); 8] = [
    (
        "403 Forbidden",
        "AccessDenied",
        "User: arn:aws:sts::1:assumed-role/f is not authorized to perform: s3:GetObject",
        "this function's role",
        false,
    ),
    (
        "403 Forbidden",
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        "the clock of this machine is wrong",
        false,
    ),
    (
        "403 Forbidden",
        "InvalidObjectState",
        "The operation is not valid for the object&apos;s storage class",
        "archived",
        true,
    ),
    (
        "404 Not Found",
        "NoSuchBucket",
        "The specified bucket does not exist",
        "no such bucket",
        true,
    ),
    (
        "403 Forbidden",
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided.",
        "the keys that this function signs with are wrong",
        false,
    ),
    (
        "400 Bad Request",
        "KMS.DisabledException",
        "arn:aws:kms:… is disabled.",
        "KMS",
        false,
    ),
    (
        "400 Bad Request",
        "AuthorizationHeaderMalformed",
        "the region &apos;us-east-1&apos; is wrong",
        "another region",
        false,
    ),
    (
        "418 I'm a teapot",
        "Unheard.Of",
        "words",
        "Unheard.Of (\"words\")",
        false,
    ),
];

#[tokio::test]
async fn s3_s_own_code_and_words_are_kept_with_what_to_do() {
    for (status, code, message, hint, is_permanent) in ANSWERS {
        let error = refused_with(status, &error_of_s3(code, message)).await;
        let text = error.to_string();
        let words = message.replace("&apos;", "'");
        for part in ["bucket `uploads`", code, &words, hint] {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(error.is_permanent(), is_permanent, "{text}");
        assert!(matches!(error, ObjectsError::Refused { .. }), "{error:?}");
    }
    let error = refused_with("404 Not Found", &error_of_s3("NoSuchKey", "no such key")).await;
    assert!(matches!(error, ObjectsError::NotFound { .. }), "{error}");
    assert!(error.is_permanent());
}

#[tokio::test]
async fn an_answer_brings_no_key_and_no_escape_into_a_log() {
    let message = "not for in/tanaka taro.csv, in/tanaka%20taro.csv \u{1b}[31m&lt;b&gt;";
    let text = refused_with("403 Forbidden", &error_of_s3("AccessDenied", message)).await;
    let text = text.to_string();
    assert!(text.contains("not for <key>, <key>  [31m<b>"), "{text}");
    let long = error_of_s3("AccessDenied", &"x".repeat(100_000));
    let text = refused_with("403 Forbidden", &long).await.to_string();
    assert!(text.len() < 1_000, "{}", text.len());
    // A proxy's page is no answer of S3's.
    let text = refused_with("418 Teapot", "<html><Code>a b</Code></html>").await;
    assert!(matches!(text, ObjectsError::Store { .. }), "{text}");
}

/// A port's queue of connections is full, so a further one waits for an answer, as it does without a route. Time is
/// virtual: it goes on while nothing else does.
#[tokio::test(start_paused = true)]
async fn no_route_to_s3_is_said_within_seconds() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let connect = || std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200));
    let _waiting: Vec<_> = std::iter::from_fn(|| connect().ok()).collect();

    let objects = Objects::new(s3_config(&format!("http://{address}"))).unwrap();
    let began = tokio::time::Instant::now();
    let error = read(&objects, &url("s3://uploads/in/a.csv")).await;
    let (error, seconds) = (error.unwrap_err(), began.elapsed().as_secs());
    let text = error.to_string();
    assert!(matches!(error, ObjectsError::Unreachable { .. }), "{text}");
    assert!(text.contains("no connection to S3"), "{text}");
    assert!(text.contains("gateway endpoint"), "{text}");
    assert!(!error.is_permanent());
    assert!((2..15).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn a_closed_port_is_no_connection_either() {
    let objects = Objects::new(s3_config("http://127.0.0.1:1")).unwrap();
    let error = read(&objects, &url("s3://uploads/in/a.csv"))
        .await
        .unwrap_err();
    assert!(matches!(error, ObjectsError::Unreachable { .. }), "{error}");
}

/// The key that a message's URL names; None if the URL is refused.
fn key(text: &str) -> Option<String> {
    let objects = Objects::new(s3_config("http://127.0.0.1:1")).unwrap();
    let url = object_url::parse(text).ok()?;
    objects.find(&url).ok().map(|found| found.path.to_string())
}

#[test]
fn a_key_is_read_as_it_is_encoded() {
    for (text, expected) in [
        ("s3://uploads/in/a%20b.csv", "in/a b.csv"),
        ("s3://uploads/in/a b.csv", "in/a b.csv"),
        ("s3://uploads/in/a+b.csv", "in/a+b.csv"),
        ("s3://uploads/in/50%25.csv", "in/50%.csv"),
        ("s3://uploads/in/a%2520b.csv", "in/a%20b.csv"),
        ("s3://uploads/in/a%3Fb%23c.csv", "in/a?b#c.csv"),
        ("s3://uploads/in/[x]{y}|^~.csv", "in/[x]{y}|^~.csv"),
        (
            "s3://uploads/in/%E5%86%99%E7%9C%9F%E3%82%AC.csv",
            "in/写真ガ.csv",
        ),
        (
            "s3://uploads/in/写真カ\u{3099}.csv",
            "in/写真カ\u{3099}.csv",
        ),
        ("s3://uploads/in/...csv", "in/...csv"),
        ("s3://uploads/in/..a/b", "in/..a/b"),
        ("s3://uploads/in%2Fa.csv", "in/a.csv"),
    ] {
        assert_eq!(key(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn a_url_that_would_be_read_as_another_one_is_refused() {
    for text in [
        "s3://uploads/in/x/../a.csv",
        "s3://uploads/in/./a.csv",
        "s3://uploads/in/x/%2e%2E/a.csv",
        "s3://uploads/in/x/.%2e/a.csv",
        "s3://uploads/in/x/%2E/a.csv",
        "s3://uploads/in/x%2F..%2Fa.csv",
        "s3://uploads/in/..",
        "s3://uploads/in//a.csv",
        "s3://uploads//in/a.csv",
        "s3://uploads/in/%2Fa.csv",
        "s3://uploads/in/50%.csv",
        "s3://uploads/in/50%2.csv",
        "s3://uploads/in/50%zz.csv",
        "s3://uploads/in/%FF.csv",
        "s3://uploads/in/a\tb.csv",
        "s3://uploads/in/a\nb.csv",
        "s3://uploads/in/a.csv ",
        " s3://uploads/in/a.csv",
        "s3://uploads/in/a%0Ab.csv",
        "uploads/in/a.csv",
    ] {
        assert_eq!(key(text), None, "{text}");
    }
}

#[test]
fn each_refusal_of_a_url_has_its_own_reason() {
    let reason = |text| match object_url::parse(text) {
        Err(error) => error.to_string(),
        Ok(url) => refusal("s3://uploads/in", url.as_str())
            .unwrap()
            .to_string(),
    };
    for (text, part) in [
        ("s3://uploads/in/../a.csv", "a segment `.` or `..`"),
        ("s3://uploads/in//a.csv", "an empty segment"),
        ("s3://uploads//in/a.csv", "with / at its start"),
        ("s3://uploads/in/50%.csv", "write a % as %25"),
        ("s3://uploads/in/%FF.csv", "not that of UTF-8"),
        ("s3://uploads/in/a?b", "write ? as %3F"),
    ] {
        let reason = reason(text);
        assert!(reason.contains(part), "{text}: {reason}");
    }
}
