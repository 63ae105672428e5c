//! How a server is reached, and what is said when it is not.

use super::super::bench::Bench;
use super::{BOTH, MySql, Postgres, Server, WRITABLE, chain, file, variable};
use crate::ImportError;

const TABLES: &str = r#"{"t": {"columns": {"a": {"type": "integer"}}}}"#;

/// An importer by another URL.
fn by(url: &str) -> Bench {
    Bench::on(tempfile::tempdir().unwrap(), url, TABLES)
}

/// The same database for another user, with these parameters.
fn of_user(bench: &Bench, user: &str, query: &str) -> Bench {
    let mut url = url::Url::parse(&bench.url).unwrap();
    url.set_username(user).unwrap();
    url.set_query(Some(query).filter(|query| !query.is_empty()));
    by(url.as_str())
}

async fn fails(bench: &Bench) -> String {
    let error = bench.import(&file(bench, "a\n1\n")).await.unwrap_err();
    assert!(matches!(error, ImportError::Database { .. }), "{error}");
    assert!(!error.is_permanent(), "{error}");
    chain(&error)
}

async fn in_tls(bench: &Bench, server: Server) -> bool {
    let asked = server.say(
        "SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        "SELECT IF(variable_value = '', 'false', 'true') FROM information_schema.session_status WHERE variable_name = 'Ssl_cipher'",
    );
    bench.ask(asked).await == "true"
}

#[tokio::test]
async fn a_connection_is_encrypted_and_the_server_known_as_the_url_says() {
    let authority = format!("{}/authority.crt", variable("TEST_SERVERS"));
    for server in BOTH {
        let bench = server.bench_with("encrypted", TABLES).await;
        let mode = server.say("sslmode", "ssl-mode");
        let root = server.say("sslrootcert", "ssl-ca");
        for (query, encrypted) in [
            (String::new(), true),
            (
                format!("{mode}={}", server.say("disable", "DISABLED")),
                false,
            ),
            (
                format!("{mode}={}", server.say("require", "REQUIRED")),
                true,
            ),
            (
                format!(
                    "{mode}={}&{root}={authority}",
                    server.say("verify-ca", "VERIFY_CA")
                ),
                true,
            ),
            (
                format!(
                    "{mode}={}&{root}={authority}",
                    server.say("verify-full", "VERIFY_IDENTITY")
                ),
                true,
            ),
        ] {
            let mut url = url::Url::parse(&bench.url).unwrap();
            url.set_query(
                Some(&query)
                    .filter(|query| !query.is_empty())
                    .map(String::as_str),
            );
            assert_eq!(in_tls(&by(url.as_str()), server).await, encrypted, "{url}");
        }
        // The operating system knows nobody who signed the certificate; and it is for localhost, not for this name.
        for (host, query) in [
            ("127.0.0.1", format!("{mode}=verify-full")),
            (
                "127.0.0.2",
                format!("{mode}=verify-full&{root}={authority}"),
            ),
        ] {
            let mut url = url::Url::parse(&bench.url).unwrap();
            url.set_host(Some(host)).unwrap();
            url.set_query(Some(&query));
            let said = fails(&by(url.as_str())).await;
            assert!(said.to_lowercase().contains("certificate"), "{said}");
        }
    }
}

#[tokio::test]
async fn nobody_who_listens_is_said_with_the_address() {
    for server in BOTH {
        // Bound and let go: nobody else has the port so soon.
        let port = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap().port()
        };
        let mut url = url::Url::parse(&server.url()).unwrap();
        url.set_port(Some(port)).unwrap();
        let said = fails(&by(url.as_str())).await;
        assert!(said.contains(&format!("127.0.0.1:{port}")), "{said}");
        assert!(said.contains("Connection refused"), "{said}");
        assert!(!said.contains("pool") && !said.contains("secret"), "{said}");
    }
}

#[tokio::test]
async fn a_user_without_a_connection_left_is_told_so() {
    let _writable = WRITABLE.read().await;
    let bench = Postgres.bench_with("crowded", TABLES).await;
    bench
        .run("DROP ROLE IF EXISTS hikyaku_crowded; CREATE ROLE hikyaku_crowded LOGIN CONNECTION LIMIT 0")
        .await;
    let said = fails(&of_user(&bench, "hikyaku_crowded", "")).await;
    assert!(
        said.contains("has no connection left") && said.contains("hikyaku_crowded"),
        "{said}"
    );

    let bench = MySql.bench_with("crowded", TABLES).await;
    bench
        .run("CREATE OR REPLACE USER hikyaku_crowded IDENTIFIED BY 'secret' WITH MAX_USER_CONNECTIONS 1;
              GRANT ALL ON crowded.* TO hikyaku_crowded")
        .await;
    let first = of_user(&bench, "hikyaku_crowded", "");
    assert_eq!(first.ask("SELECT 1").await, "1");
    let said = fails(&of_user(&bench, "hikyaku_crowded", "")).await;
    assert!(
        said.contains("has no connection left") && said.contains("hikyaku_crowded"),
        "{said}"
    );
}

/// The server's second port lets in one client, and one more who may do anything.
#[tokio::test]
async fn a_server_without_a_connection_left_says_which_setting_to_raise() {
    let bench = MySql.bench_with("full_up", TABLES).await;
    let mut url = url::Url::parse(&bench.url).unwrap();
    let port = variable("TEST_MYSQL_NARROW_PORT").parse().unwrap();
    url.set_port(Some(port)).unwrap();
    let [first, second, third] = [(); 3].map(|()| by(url.as_str()));
    assert_eq!(first.ask("SELECT 1").await, "1");
    assert_eq!(second.ask("SELECT 1").await, "1");
    let said = fails(&third).await;
    assert!(
        said.contains("raise max_connections") && said.contains("1040"),
        "{said}"
    );
}

#[tokio::test]
async fn a_server_that_wants_tls_is_not_a_wrong_password() {
    let _writable = WRITABLE.read().await;
    // The test server's pg_hba.conf lets this role in over TLS only.
    let bench = Postgres.bench_with("tls_only", TABLES).await;
    bench
        .run(
            "DROP ROLE IF EXISTS hikyaku_tls_only; CREATE ROLE hikyaku_tls_only LOGIN; \
              GRANT SELECT, INSERT, UPDATE ON hikyaku_cursors TO hikyaku_tls_only",
        )
        .await;
    let said = fails(&of_user(&bench, "hikyaku_tls_only", "sslmode=disable")).await;
    assert!(
        said.contains("TLS only") && !said.contains("password"),
        "{said}"
    );
    assert!(in_tls(&of_user(&bench, "hikyaku_tls_only", ""), Postgres).await);

    let bench = MySql.bench_with("tls_only", TABLES).await;
    bench
        .run(
            "CREATE OR REPLACE USER hikyaku_tls_only IDENTIFIED BY 'secret' REQUIRE SSL; \
              GRANT ALL ON tls_only.* TO hikyaku_tls_only",
        )
        .await;
    let said = fails(&of_user(&bench, "hikyaku_tls_only", "ssl-mode=DISABLED")).await;
    assert!(said.contains("TLS only"), "{said}");
    assert!(in_tls(&of_user(&bench, "hikyaku_tls_only", ""), MySql).await);
}

#[tokio::test]
async fn a_wrong_password_names_the_user_and_no_password() {
    let bench = MySql.bench_with("wrong", TABLES).await;
    let mut url = url::Url::parse(&bench.url).unwrap();
    url.set_password(Some("hunter2")).unwrap();
    let said = fails(&by(url.as_str())).await;
    assert!(
        said.contains("the user or the password is wrong") && said.contains("hikyaku"),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "{said}");
}

/// A warm function's connection is closed by the server after a minute, or when the server restarts.
#[tokio::test]
async fn a_kept_connection_that_was_closed_is_made_anew() {
    for server in BOTH {
        let bench = server.bench_with("kept", TABLES).await;
        bench.run("CREATE TABLE t (a int)").await;
        bench
            .import_as("first", &file(&bench, "a\n1\n"))
            .await
            .unwrap();
        let admin = by(&bench.url);
        if server == Postgres {
            admin
                .run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'kept' AND pid <> pg_backend_pid()")
                .await;
        } else {
            let ids = "SELECT GROUP_CONCAT(id) FROM information_schema.processlist WHERE db = 'kept' AND id <> CONNECTION_ID()";
            for id in admin.ask(ids).await.split(',') {
                admin.run(&format!("KILL CONNECTION {id}")).await;
            }
        }
        bench
            .import_as("second", &file(&bench, "a\n2\n"))
            .await
            .unwrap();
        assert_eq!(bench.ask("SELECT COUNT(*) FROM t").await, "2", "{server:?}");
    }
}
