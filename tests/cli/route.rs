//! Routes through the binary, on the cloud of `hikyaku dev`.

use serde_json::Value as Json;

use super::dev::{Cloud, Dev, TABLES, code, error};

/// Registered beside a courier.
const CLASS: &str = r"App\Jobs\Switched";
/// Registered where there is Rust only.
const RUST_ONLY: &str = r"App\Jobs\ImportCsv";

/// Both kinds of functions. The second one's application is not there, and is not asked.
fn cloud() -> Cloud {
    let ledger = "HIKYAKU_LEDGER_TABLE: !Ref Ledger";
    let both = format!("{ledger}, HIKYAKU_PHP_URL: 'http://127.0.0.1:9/'");
    // One that is told nothing of this library's is asked all the same.
    let functions = [
        ("import-csv", ledger),
        ("laravel-jobs", &both),
        ("report-jobs", ""),
    ];
    let functions = functions.map(|(binary, variables)| {
        format!(
            "
  {}:
    Type: AWS::Serverless::Function
    Metadata: {{ BuildProperties: {{ Binary: {binary} }} }}
    Properties:
      FunctionName: {binary}
      CodeUri: .
      Handler: bootstrap
      Runtime: provided.al2023
      Environment: {{ Variables: {{ {variables} }} }}",
            binary.replace('-', "")
        )
    });
    let template = format!("{TABLES}{}", functions.concat());
    Cloud::start(
        &template,
        &["import-csv", "report-jobs", "examples/laravel-jobs"],
    )
}

#[test]
fn a_route_is_set_listed_and_taken_back() {
    let cloud = cloud();
    assert!(cloud.says(&["route"]).starts_with("No route is set"));
    let set = cloud.says(&["route", CLASS, "rust", "--percent", "10"]);
    assert!(set.contains("10 % rust, 90 % php"), "{set}");
    let listed = &cloud.json(&["route"])[0];
    assert_eq!(
        (&listed["class"], &listed["percentInRust"]),
        (&Json::from(CLASS), &Json::from(10))
    );
    assert!(cloud.says(&["route", CLASS, "php"]).contains(": php\n"));
    assert_eq!(cloud.json(&["route"])[0]["percentInRust"], 0);
    let shadow = cloud.says(&["route", CLASS, "shadow", "--percent", "20"]);
    assert!(shadow.contains("20 % with a shadow in rust"), "{shadow}");
    assert!(shadow.contains("SHADOW: bool = true"), "{shadow}");
    let listed = &cloud.json(&["route"])[0];
    assert_eq!(
        (&listed["percentShadowed"], &listed["percentInRust"]),
        (&Json::from(20), &Json::from(0))
    );
    cloud.says(&["route", CLASS, "--remove"]);
    assert_eq!(cloud.json(&["route"]), Json::from(Vec::<Json>::new()));
}

#[test]
fn a_route_that_no_function_would_go_by_is_refused() {
    let cloud = cloud();
    for words in [&["php"][..], &["shadow"], &["rust", "--percent", "99"]] {
        let refused = cloud.run(&[&["route", RUST_ONLY], words].concat());
        assert_eq!(code(&refused), Some(1), "{words:?}");
        let said = error(&refused);
        assert!(
            said.contains("registered in import-csv, which reads no routes"),
            "{said}"
        );
    }
    let refused = cloud.run(&["route", "report-jobs", "php"]);
    let said = error(&refused);
    assert!(
        said.contains("registered in report-jobs, which reads no routes"),
        "{said}"
    );
    for words in [
        &["php"][..],
        &["rust"],
        &["shadow"],
        &["rust", "--percent", "10"],
    ] {
        let refused = cloud.run(&[&["route", r"App\Jobs\Nobody"], words].concat());
        assert_eq!(code(&refused), Some(1), "{words:?}");
        let said = error(&refused);
        assert!(
            said.contains("no function of the local cloud registers") && said.contains(CLASS),
            "{said}"
        );
    }
    assert!(cloud.says(&["route"]).starts_with("No route is set"));
    // What holds already may be said, and what is left of a class may be taken away.
    assert!(
        cloud
            .says(&["route", RUST_ONLY, "rust"])
            .contains(": rust\n")
    );
    cloud.says(&["route", RUST_ONLY, "--remove"]);
    cloud.says(&["route", r"App\Jobs\Nobody", "--remove"]);
}

#[tokio::test]
async fn jobs_are_counted_by_their_side() {
    let dev = Dev::start().await;
    // A function without a courier is not routed, and says on which side its jobs run.
    let uuid = dev.break_a_job("routed.csv");
    assert_eq!(dev.json(&["show", &uuid])["ledger"]["side"], "rust");
    let counted = &dev.json(&["route", RUST_ONLY, "--count"])[0];
    assert_eq!(
        (&counted["inRust"], &counted["inPhp"]),
        (&Json::from(1), &Json::from(0))
    );
}

#[tokio::test]
async fn a_route_that_cannot_be_meant_is_refused_with_the_reason() {
    let dev = Dev::start().await;
    let php = dev.run(&["route", CLASS, "php", "--percent", "10"]);
    assert!(error(&php).contains("rust --percent 10"));
    for words in [
        &["route", CLASS, "rust", "--percent", "101"][..],
        &["route", "--remove"],
        &["route", CLASS, "rust", "--remove"],
        &["route", CLASS, "ruby"],
    ] {
        assert_eq!(code(&dev.run(words)), Some(2), "{words:?}");
    }
    assert!(dev.says(&["route"]).starts_with("No route is set"));
}
