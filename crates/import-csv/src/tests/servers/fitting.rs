//! Types that tables have, and what is refused before the first row.

use super::{BOTH, MySql, Postgres, Server, chain, file};
use crate::ImportError;

#[tokio::test]
async fn columns_of_every_kind_are_filled() {
    let columns = r#""level": {"type": "enum"}, "data": {"type": "json"}, "more": {"type": "string"}, "at": {"type": "time"},
                     "ip": {"type": "ipAddress"}, "ref": {"type": "uuid"}, "net": {"type": "string"}"#;
    for server in BOTH {
        let bench = server.bench("kinds", columns).await;
        bench
            .run(server.say(
                "CREATE TYPE level AS ENUM ('low', 'high');
                 CREATE TABLE t (id bigserial PRIMARY KEY, level level, data jsonb, more json, at time(0), ip inet, ref uuid, \
                 net cidr, double_id bigint GENERATED ALWAYS AS (id * 2) STORED)",
                "CREATE TABLE t (id bigint AUTO_INCREMENT PRIMARY KEY, level enum('low', 'high'), data json, more json, at time, \
                 ip varchar(45), ref uuid, net varchar(20), double_at time AS (at) STORED)",
            ))
            .await;
        let text = "level,data,more,at,ip,ref,net\n\
                    high,\"{\"\"a\"\": [1, \"\"あ\"\"]}\",[],9:05,192.0.2.1,019A0000-0000-7000-8000-000000000001,10.0.0.0/8\n\
                    middle,{},[],9:05,192.0.2.1,019a0000-0000-7000-8000-000000000002,10.0.0.0/8\n\
                    low,{a,[],9:05,192.0.2.1,019a0000-0000-7000-8000-000000000003,10.0.0.0/8\n\
                    low,,,25:00,,,\nlow,,,,1.2.3.256,,\n,,,,,,\nlow,,,,2001:db8::1,,\n";
        let imported = bench.import(&file(&bench, text)).await.unwrap();
        assert_eq!(
            (imported.rows, imported.rejected),
            (2, 4),
            "{server:?} {:?}",
            bench.reasons("job-1")
        );
        let read = server.say(
            "SELECT concat_ws('|', level, data->'a'->>1, more, at, host(ip), ref, net) FROM t ORDER BY id LIMIT 1",
            "SELECT CONCAT_WS('|', level, JSON_VALUE(data, '$.a[1]'), more, at, ip, ref, net) FROM t ORDER BY id LIMIT 1",
        );
        assert_eq!(
            bench.ask(read).await,
            "high|あ|[]|09:05:00|192.0.2.1|019a0000-0000-7000-8000-000000000001|10.0.0.0/8"
        );
    }
}

/// `IMPORT_TABLES` says `columns`, the table is `ddl`, the file's header is `header`: nothing is imported, because of `why`.
async fn is_refused(server: Server, columns: &str, ddl: &str, header: &str, why: &str) {
    let bench = server.bench("unfit", columns).await;
    bench.run(ddl).await;
    let fields = header.split(',').map(|_| "1").collect::<Vec<_>>().join(",");
    let job = file(&bench, &format!("{header}\n{fields}\n"));
    let error = bench.import(&job).await.unwrap_err();
    let said = chain(&error);
    assert!(said.contains(why), "{server:?} {ddl}: {said}");
    assert!(error.is_permanent(), "{server:?} {ddl}: {said}");
    let begun = bench
        .ask("SELECT COUNT(*) FROM hikyaku_cursors WHERE chunk > 0")
        .await;
    assert_eq!(begun, "0", "{server:?} {ddl}");
}

const STRING: &str = r#""a": {"type": "string"}"#;
const TIME: &str = r#""a": {"type": "dateTime"}"#;
const FLOAT: &str = r#""a": {"type": "float"}"#;
const LARGE: &str = r#""a": {"type": "bigInteger"}"#;
const TWO: &str = r#""a": {"type": "bigInteger"}, "b": {"type": "bigInteger"}"#;

/// What is declared, the table, the header, and what is said.
type Case = (&'static str, &'static str, &'static str, &'static str);

const ON_BOTH: [Case; 10] = [
    (
        STRING,
        "CREATE TABLE u (a int)",
        "a",
        "there is no such table",
    ),
    (
        STRING,
        "CREATE TABLE t (b int)",
        "a",
        "the table has no column `a`",
    ),
    (
        STRING,
        "CREATE TABLE t (a int)",
        "a",
        "declare it as integer or bigInteger",
    ),
    (
        STRING,
        "CREATE TABLE t (a decimal(8, 2))",
        "a",
        "declare it as decimal",
    ),
    (STRING, "CREATE TABLE t (a date)", "a", "declare it as date"),
    (STRING, "CREATE TABLE t (a time)", "a", "declare it as time"),
    (TIME, "CREATE TABLE t (a date)", "a", "declare it as date"),
    (
        FLOAT,
        "CREATE TABLE t (a decimal(8, 2))",
        "a",
        "declare it as decimal",
    ),
    (
        LARGE,
        "CREATE TABLE t (a double precision)",
        "a",
        "declare it as float",
    ),
    (
        STRING,
        "CREATE TABLE t (a varchar(9), b int NOT NULL)",
        "a",
        "may not be empty and has no default",
    ),
];

const ON_POSTGRES: [Case; 4] = [
    (
        STRING,
        "CREATE TABLE t (a bytea)",
        "a",
        "no text can be imported into",
    ),
    (
        TWO,
        "CREATE TABLE t (a bigint, b bigint GENERATED ALWAYS AS (a + 1) STORED)",
        "a,b",
        "fills column `b` by itself",
    ),
    (
        TWO,
        "CREATE TABLE t (a bigint, b bigint GENERATED ALWAYS AS IDENTITY)",
        "a,b",
        "fills column `b` by itself",
    ),
    (
        STRING,
        "CREATE VIEW t AS SELECT 'x' AS a",
        "a",
        "nothing can be inserted there",
    ),
];

const ON_MYSQL: [Case; 4] = [
    (
        STRING,
        "CREATE TABLE t (a binary(16))",
        "a",
        "no text can be imported into",
    ),
    (
        TWO,
        "CREATE TABLE t (a bigint, b bigint AS (a + 1) VIRTUAL)",
        "a,b",
        "fills column `b` by itself",
    ),
    (
        STRING,
        "CREATE TABLE t (a varchar(9)) ENGINE=MyISAM",
        "a",
        "MyISAM knows no transactions",
    ),
    (
        STRING,
        "CREATE VIEW t AS SELECT 'x' AS a",
        "a",
        "nothing can be inserted there",
    ),
];

#[tokio::test]
async fn what_cannot_be_imported_is_refused_before_the_first_row() {
    for (server, cases) in [
        (Postgres, &ON_BOTH[..]),
        (MySql, &ON_BOTH),
        (Postgres, &ON_POSTGRES),
        (MySql, &ON_MYSQL),
    ] {
        for (columns, ddl, header, why) in cases {
            is_refused(server, columns, ddl, header, why).await;
        }
    }
}

/// No row of the first chunk gets as far as the server.
#[tokio::test]
async fn a_column_that_the_file_has_to_have_is_missed_before_anything_is_written() {
    for server in BOTH {
        let mut bench = server.bench("missed", r#""a": {"type": "integer"}"#).await;
        bench.importer.limits.rows = 1;
        bench.run("CREATE TABLE t (a int, b int NOT NULL)").await;
        let error = bench.import(&file(&bench, "a\nx\n1\n")).await.unwrap_err();
        let said = chain(&error);
        assert!(
            error.is_permanent() && said.contains("may not be empty and has no default"),
            "{server:?}: {said}"
        );
        assert_eq!(
            bench.ask("SELECT COUNT(*) FROM hikyaku_rejects").await,
            "0",
            "{server:?}: {said}"
        );
    }
}

#[tokio::test]
async fn a_column_that_a_trigger_fills_need_not_be_in_the_file() {
    for server in BOTH {
        let bench = server.bench("filled", r#""a": {"type": "string"}"#).await;
        bench
            .run("CREATE TABLE t (a varchar(9), b varchar(9) NOT NULL)")
            .await;
        if server == Postgres {
            bench
                .statement("CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.b := 'filled'; RETURN NEW; END $$")
                .await;
            bench
                .run("CREATE TRIGGER fill BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fill()")
                .await;
        } else {
            bench
                .run("CREATE TRIGGER fill BEFORE INSERT ON t FOR EACH ROW SET NEW.b = 'filled'")
                .await;
        }
        match bench.import(&file(&bench, "a\nx\n")).await {
            Ok(imported) => assert_eq!(imported.rows, 1, "{server:?}"),
            // MariaDB asks for the column before the trigger fills it; so it does from Laravel.
            Err(error) => assert!(
                server == MySql && matches!(error, ImportError::Database { .. }),
                "{error}"
            ),
        }
    }
}
