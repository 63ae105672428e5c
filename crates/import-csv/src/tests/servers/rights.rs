//! The rights that docs/database.md lists are enough, and needed.

use super::super::bench::Bench;
use super::{BOTH, Server, WRITABLE, file};

const DOCUMENT: &str = include_str!("../../../../../docs/database.md");

const TABLES: &str =
    r#"{"customers": {"columns": {"email": {"type": "string"}}, "timestamps": true}}"#;

/// The statements of the block that begins with this line.
fn block(first: &str) -> Vec<&'static str> {
    let block = DOCUMENT
        .split("```")
        .find(|block| block.contains(first))
        .unwrap();
    let statements = block.split_once('\n').unwrap().1.split(';');
    statements
        .map(str::trim)
        .filter(|sql| !sql.is_empty())
        .collect()
}

/// Makes the table as Laravel's migration does, with `$table->id()` and `$table->timestamps()`.
async fn migrated(server: Server) -> Bench {
    let bench = server.bench_with("rights", TABLES).await;
    super::laravel(&bench, &["migrate", "customers"]);
    bench
}

#[tokio::test]
async fn a_user_with_the_rights_of_the_documentation_can_import() {
    let _writable = WRITABLE.read().await;
    for server in BOTH {
        let bench = migrated(server).await;
        bench
            .run(server.say(
                "DROP ROLE IF EXISTS hikyaku_import",
                "DROP USER IF EXISTS hikyaku_import",
            ))
            .await;
        let statements = block(server.say("-- PostgreSQL", "-- MySQL"));
        for sql in &statements {
            bench.statement(&sql.replace("app.", "rights.")).await;
        }
        let mut url = url::Url::parse(&bench.url).unwrap();
        url.set_username("hikyaku_import").unwrap();
        url.set_password(Some("a long password")).unwrap();
        let user = Bench::on(tempfile::tempdir().unwrap(), url.as_str(), TABLES);
        let job = |contents: &str| {
            let mut job = file(&user, contents);
            job.table = "customers".to_owned();
            job
        };
        let imported = user
            .import_as("job-1", &job("email\na@e\nb@e\na@e\n"))
            .await
            .unwrap();
        assert_eq!((imported.rows, imported.rejected), (2, 1), "{server:?}");
        assert_eq!(
            bench
                .ask("SELECT COUNT(*) FROM customers WHERE created_at IS NOT NULL")
                .await,
            "2"
        );
    }
}
