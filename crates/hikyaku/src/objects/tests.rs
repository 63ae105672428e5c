//! What may be used and what may not, on real files and against a small server that speaks enough S3.

use std::path::Path as FilePath;

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::aws::AmazonS3ConfigKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

use super::{Credentials, Objects, ObjectsConfig, ObjectsError, s3};

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
        .put(&target, Bytes::from_static(b"0123456789"))
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
        .put(&target, Bytes::from_static(b"another one"))
        .await
        .unwrap();
    assert!(matches!(
        objects.get_from(&target, 1, &info).await,
        Err(ObjectsError::Changed { .. })
    ));
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
        .put(&file_url(&inside.path().join("folder/new/a")), Bytes::new())
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
async fn answer_once(listener: TcpListener, response: &'static str) -> String {
    let (mut socket, _) = listener.accept().await.unwrap();
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        let length = socket.read(&mut buffer).await.unwrap();
        request.extend_from_slice(&buffer[..length]);
    }
    socket.write_all(response.as_bytes()).await.unwrap();
    String::from_utf8(request).unwrap()
}

#[tokio::test]
async fn an_object_of_s3_is_asked_for_signed_and_by_its_own_name() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let objects = Objects::new(s3_config(&format!(
        "http://{}",
        listener.local_addr().unwrap()
    )))
    .unwrap();
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
async fn a_refusal_of_s3_names_the_bucket_only() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let objects = Objects::new(s3_config(&format!(
        "http://{}",
        listener.local_addr().unwrap()
    )))
    .unwrap();
    let response = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
    let key = url("s3://uploads/in/tanaka.csv");
    let (_, bytes) = tokio::join!(answer_once(listener, response), read(&objects, &key));
    let error = bytes.unwrap_err();
    assert!(matches!(error, ObjectsError::Denied { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "could not read an object in bucket `uploads`: this function has no permission"
    );
}
