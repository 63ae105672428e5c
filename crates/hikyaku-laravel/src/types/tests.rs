//! What the types are filled from and written as.

use serde::de::DeserializeOwned;
use serde_json::json;

use super::*;
use crate::php::{self, Limits};

fn read<T: DeserializeOwned>(text: &str) -> T {
    php::from_bytes(text.as_bytes(), &Limits::default()).unwrap()
}

#[track_caller]
fn check_both_ways<T: DeserializeOwned + serde::Serialize>(text: &str) -> T {
    let value: T = read(text);
    let written = String::from_utf8(php::to_bytes(&value).unwrap()).unwrap();
    assert_eq!(written, text);
    value
}

const MODEL: &str = "O:45:\"Illuminate\\Contracts\\Database\\ModelIdentifier\":5:{s:5:\"class\";s:15:\"App\\Models\\User\";\
    s:2:\"id\";i:1;s:9:\"relations\";a:0:{}s:10:\"connection\";s:6:\"sqlite\";s:15:\"collectionClass\";N;}";

#[test]
fn one_model_is_read_and_written_as_laravel_writes_it() {
    let model: ModelIdentifier = check_both_ways(MODEL);
    let expected = ModelIdentifier::one("App\\Models\\User", 1).with_connection("sqlite");
    assert_eq!(model, expected);
    assert_eq!(model.id(), Some(&ModelId::Int(1)));
    assert_eq!(model.ids(), [ModelId::Int(1)]);
}

#[test]
fn a_model_of_laravel_8_has_no_class_of_its_collection() {
    let text = MODEL
        .replace("5:{", "4:{")
        .replace("s:15:\"collectionClass\";N;", "");
    let model: ModelIdentifier = read(&text);
    assert_eq!(model.collection_class, None);
}

#[test]
fn a_collection_of_models_has_their_keys_whatever_php_keyed_them_by() {
    let text = MODEL.replace("i:1;", "a:2:{i:0;s:1:\"x\";i:1;i:7;}");
    let models: ModelIdentifier = check_both_ways(&text);
    assert_eq!(models.ids(), ["x".into(), ModelId::Int(7)]);
    assert_eq!(models.id(), None);
    let text = text
        .replace("a:2:{i:0;s", "a:2:{s:1:\"k\";s")
        .replace("a:0:{}", "a:1:{i:3;s:5:\"posts\";}");
    let models: ModelIdentifier = read(&text);
    assert_eq!(models.ids(), ["x".into(), ModelId::Int(7)]);
    assert_eq!(models.relations, ["posts"]);
}

#[test]
fn an_empty_collection_of_models_has_no_class() {
    let text = MODEL
        .replace("s:15:\"App\\Models\\User\";", "N;")
        .replace("i:1;", "a:0:{}");
    let models: ModelIdentifier = check_both_ways(&text);
    assert_eq!((models.class.as_deref(), models.ids()), (None, &[][..]));
}

#[test]
fn a_model_is_read_from_json_too() {
    let json = json!({ "class": "user", "id": "01J", "relations": ["posts"] });
    let model: ModelIdentifier = serde_json::from_value(json).unwrap();
    assert_eq!(model.class.as_deref(), Some("user"));
    assert_eq!(model.id().unwrap().to_string(), "01J");
    let back = serde_json::to_value(&model).unwrap();
    assert_eq!(back["relations"], json!(["posts"]));
    assert_eq!(back["collectionClass"], json!(null));
    for id in [json!(1.5), json!(u64::MAX), json!([[1]]), json!([null])] {
        let json = json!({ "class": "user", "id": id });
        assert!(serde_json::from_value::<ModelIdentifier>(json).is_err());
    }
}

const LIST: &str = "O:29:\"Illuminate\\Support\\Collection\":2:{s:8:\"\0*\0items\";a:2:{i:0;i:5;i:1;i:6;}\
    s:28:\"\0*\0escapeWhenCastingToString\";b:0;}";

#[test]
fn a_collection_is_read_and_written_with_its_class_and_its_keys() {
    let list: Collection<i64> = check_both_ways(LIST);
    assert_eq!(list.class(), Some("Illuminate\\Support\\Collection"));
    assert!(list.is_list());
    assert_eq!(list.values().collect::<Vec<_>>(), [&5, &6]);
    let map = LIST.replace("i:0;i:5;i:1;", "s:1:\"a\";i:5;i:3;");
    let map: Collection<i64> = check_both_ways(&map);
    assert!(!map.is_list());
    assert_eq!(
        (map.get("a"), map.get("3"), map.get(0)),
        (Some(&5), Some(&6), None)
    );
    let eloquent = LIST.replace(
        "29:\"Illuminate\\Support",
        "39:\"Illuminate\\Database\\Eloquent",
    );
    check_both_ways::<Collection<i64>>(&eloquent);
}

#[test]
fn collections_hold_collections() {
    let text = LIST.replace("i:0;i:5;i:1;i:6;", &format!("i:0;{LIST}i:1;{LIST}"));
    let outer: Collection<Collection<i64>> = check_both_ways(&text);
    assert_eq!(outer.get(0).unwrap().len(), 2);
}

#[test]
fn a_collection_is_read_from_arrays_and_json_and_is_one_in_json() {
    let list: Collection<i64> = read("a:1:{i:0;i:5;}");
    assert_eq!(list, [5].into_iter().collect());
    let map: Collection<i64> = serde_json::from_value(json!({ "items": 1, "5": 2 })).unwrap();
    assert_eq!((map.get("items"), map.get(5)), (Some(&1), Some(&2)));
    assert_eq!(
        serde_json::to_value(&map).unwrap(),
        json!({ "items": 1, "5": 2 })
    );
    assert_eq!(serde_json::to_value(&list).unwrap(), json!([5]));
    let default = String::from_utf8(php::to_bytes(&list).unwrap()).unwrap();
    assert!(default.starts_with("O:29:\"Illuminate\\Support\\Collection\":2:"));
    assert_eq!(list.into_values(), [5]);
}

const DATE: &str = "O:13:\"Carbon\\Carbon\":3:{s:4:\"date\";s:26:\"2026-01-02 03:04:05.678901\";\
    s:13:\"timezone_type\";i:3;s:8:\"timezone\";s:10:\"Asia/Tokyo\";}";

#[test]
fn a_date_is_read_and_written_with_its_class_and_its_zone() {
    let date: PhpDateTime = check_both_ways(DATE);
    assert_eq!(date.class(), Some("Carbon\\Carbon"));
    assert_eq!(date.zone(), &PhpZone::Named("Asia/Tokyo".to_owned()));
    let wall = date.wall();
    assert_eq!((wall.year(), wall.month(), wall.day()), (2026, 1, 2));
    assert_eq!((wall.hour(), wall.minute(), wall.second()), (3, 4, 5));
    assert_eq!(wall.microsecond(), 678_901);
    let offset = DATE
        .replace("i:3;", "i:1;")
        .replace("10:\"Asia/Tokyo", "6:\"-03:30");
    let date: PhpDateTime = check_both_ways(&offset);
    assert_eq!(date.zone(), &PhpZone::Offset(-12_600));
    let abbreviation = DATE
        .replace("i:3;", "i:2;")
        .replace("10:\"Asia/Tokyo", "3:\"JST");
    let date: PhpDateTime = check_both_ways(&abbreviation);
    assert_eq!(date.zone(), &PhpZone::Abbreviation("JST".to_owned()));
}

#[test]
fn a_date_is_read_from_what_php_makes_of_it_in_json() {
    let object = json!({ "date": "2026-01-02 03:04:05.678901", "timezone_type": 3, "timezone": "Asia/Tokyo" });
    let date: PhpDateTime = serde_json::from_value(object.clone()).unwrap();
    assert_eq!(date.class(), None);
    assert_eq!(serde_json::to_value(&date).unwrap(), object);
    let php = String::from_utf8(php::to_bytes(&date).unwrap()).unwrap();
    assert!(php.starts_with("O:25:\"Illuminate\\Support\\Carbon\":3:{"));
    for (text, wall, zone) in [
        (
            "2026-01-02T03:04:05.678901Z",
            "2026-01-02 03:04:05.678901",
            PhpZone::Named("UTC".to_owned()),
        ),
        (
            "2026-01-02T03:04:05-03:30",
            "2026-01-02 03:04:05.000000",
            PhpZone::Offset(-12_600),
        ),
    ] {
        let date: PhpDateTime = serde_json::from_value(json!(text)).unwrap();
        assert_eq!(
            (date.wall().to_string().as_str(), date.zone()),
            (wall, &zone)
        );
    }
}

#[test]
fn texts_that_are_no_dates_are_refused() {
    for text in [
        "",
        "Z",
        "2026-01-02",
        "2026-01-02T03:04:05",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-02T24:00:00Z",
        "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05+9:00",
        "2026-01-02T03:04:05+09:60",
        "26-01-02T03:04:05Z",
        "2026-01-02T03:04:05+09:00:00:00",
        "２０２６-01-02T03:04:05Z",
        "2026-01-02T03:04:0５+00:00",
    ] {
        assert!(
            serde_json::from_value::<PhpDateTime>(json!(text)).is_err(),
            "{text}"
        );
    }
    for text in [
        DATE.replace("i:3;", "i:4;"),
        DATE.replace("i:3;", "i:1;"),
        DATE.replace("-01-02", "-01-32"),
    ] {
        assert!(php::from_bytes::<PhpDateTime>(text.as_bytes(), &Limits::default()).is_err());
    }
}

#[test]
fn years_of_any_length_are_read_and_written_as_php_writes_them() {
    for text in [
        "-0044-03-15 00:00:00.000000",
        "+10000-01-01 00:00:00.000000",
        "0000-02-29 23:59:59.999999",
        "2000-02-29 00:00:00.000001",
    ] {
        assert_eq!(text.parse::<WallTime>().unwrap().to_string(), text);
    }
}

#[test]
fn an_enum_is_read_by_the_name_of_its_case() {
    #[derive(Debug, serde::Deserialize, PartialEq)]
    enum Channel {
        Mail,
        #[serde(rename = "SMS")]
        Sms,
    }
    assert_eq!(
        read::<Channel>("E:16:\"App\\Channel:Mail\";"),
        Channel::Mail
    );
    assert_eq!(read::<Channel>("E:15:\"App\\Channel:SMS\";"), Channel::Sms);
}
