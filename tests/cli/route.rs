//! Routes through the binary, on the cloud of `hikyaku dev`.

use serde_json::Value as Json;

use super::dev::{Dev, code, error};

const CLASS: &str = r"App\Jobs\ImportCsv";

#[tokio::test]
async fn a_route_is_set_listed_counted_and_taken_back() {
    let dev = Dev::start().await;
    assert!(dev.says(&["route"]).starts_with("No route is set"));
    let set = dev.says(&["route", CLASS, "rust", "--percent", "10"]);
    assert!(set.contains("10 % rust, 90 % php"), "{set}");
    let listed = &dev.json(&["route"])[0];
    assert_eq!(
        (&listed["class"], &listed["percentInRust"]),
        (&Json::from(CLASS), &Json::from(10))
    );

    // A function without a courier is not routed, and says on which side its jobs run.
    let uuid = dev.break_a_job("routed.csv");
    assert_eq!(dev.json(&["show", &uuid])["ledger"]["side"], "rust");
    let counted = &dev.json(&["route", CLASS, "--count"])[0];
    assert_eq!(
        (&counted["inRust"], &counted["inPhp"]),
        (&Json::from(1), &Json::from(0))
    );

    assert!(dev.says(&["route", CLASS, "php"]).contains(": php\n"));
    assert_eq!(dev.json(&["route"])[0]["percentInRust"], 0);
    let shadow = dev.says(&["route", CLASS, "shadow", "--percent", "20"]);
    assert!(shadow.contains("20 % with a shadow in rust"), "{shadow}");
    assert!(shadow.contains("SHADOW: bool = true"), "{shadow}");
    let listed = &dev.json(&["route"])[0];
    assert_eq!(
        (&listed["percentShadowed"], &listed["percentInRust"]),
        (&Json::from(20), &Json::from(0))
    );
    dev.says(&["route", CLASS, "--remove"]);
    assert_eq!(dev.json(&["route"]), Json::from(Vec::<Json>::new()));
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
