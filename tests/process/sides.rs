//! What a function that has both sides writes of them: the function `observed` with a courier.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::observed::{Observatory, job, terms};

const FUNCTION: &str = "routed";
const ELSEWHERE: &str = "App\\Jobs\\Elsewhere";

/// Three jobs in Rust, three in PHP, and one a second time when it is done: what the function has written of them.
async fn lines() -> Vec<Value> {
    let terms = [terms(FUNCTION, "INFO", "jobs")];
    let sky = Observatory::told(&terms, &[("OBSERVED_COURIER", "1")]).await;
    for act in ["succeed", "release", "fail"] {
        sky.send(FUNCTION, &job(act, act), None);
    }
    for id in ["php", "php-too", "php-fail"] {
        let body = json!({ "uuid": id, "job": ELSEWHERE, "data": {} });
        sky.send(FUNCTION, &body, None);
    }
    sky.drain(FUNCTION).await;
    sky.send(FUNCTION, &job("succeed", "succeed"), None);
    sky.drain(FUNCTION).await;
    let lines = sky.lines(FUNCTION, 8, is_of_metrics).await;
    sky.cloud.stop().await;
    lines
}

fn is_of_metrics(line: &Value) -> bool {
    line.get("_aws").is_some()
}

/// A member's text.
fn text(value: &Value) -> String {
    let text = value.as_str().map(str::to_owned);
    text.unwrap_or_else(|| value.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_a_courier_the_line_of_each_end_says_on_which_side_the_job_was_claimed() {
    let lines = lines().await;
    let ended = lines.iter().filter(|line| line.get("outcome").is_some());
    let mut said: Vec<_> = ended
        .map(|line| [&line["job.id"], &line["outcome"], &line["side"]].map(text))
        .collect();
    said.sort();
    let expected = [
        ["fail", "buried", "rust"],
        ["php", "done", "php"],
        ["php-fail", "buried", "php"],
        ["php-too", "done", "php"],
        ["release", "done", "rust"],
        ["release", "released", "rust"],
        ["succeed", "done", "rust"],
        // Nothing was claimed.
        ["succeed", "done before", "null"],
    ];
    assert_eq!(said, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_queries_of_the_page_find_what_was_done_on_each_side() {
    let lines = lines().await;
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/lane.md");
    let page = std::fs::read_to_string(page).unwrap();

    let jobs = query(&page, "filter outcome = \"done\"\n");
    let done = lines.iter().filter(|line| line["outcome"] == "done");
    let found = grouped(done, jobs, |_| 1);
    assert_eq!(
        found,
        [row([ELSEWHERE, "php"], 2), row(["observed", "rust"], 2)]
    );

    let metrics = query(&page, "filter ispresent(ProcessedInRust)\n");
    let mut summed = metrics.split("sum(").skip(1);
    for expected in [[2, 0], [0, 2]] {
        let field = summed.next().unwrap().split(')').next().unwrap();
        let counted = lines
            .iter()
            .filter(|line| line.get("ProcessedInRust").is_some());
        let found = grouped(counted, metrics, |line| line[field].as_u64().unwrap());
        let [rust, php] = expected;
        let expected = [
            row([FUNCTION, "observed"], rust),
            row([FUNCTION, "other"], php),
        ];
        assert_eq!(found, expected, "{field}");
    }
}

/// The query of the page that starts with this.
fn query<'a>(page: &'a str, start: &str) -> &'a str {
    let query = page.split("```\n").find(|block| block.starts_with(start));
    query.unwrap_or_else(|| panic!("the page has no query `{start}`"))
}

type Row = (Vec<String>, u64);

fn row(fields: [&str; 2], sum: u64) -> Row {
    (fields.map(str::to_owned).to_vec(), sum)
}

/// What the query's last line does: sums by the fields after its `by`.
fn grouped<'a>(
    lines: impl Iterator<Item = &'a Value>,
    query: &str,
    value: impl Fn(&Value) -> u64,
) -> Vec<Row> {
    let by = query.trim().rsplit_once(" by ").unwrap().1.replace('`', "");
    let mut sums: BTreeMap<Vec<String>, u64> = BTreeMap::new();
    for line in lines {
        let fields = by.split(", ").map(|field| text(&line[field]));
        *sums.entry(fields.collect()).or_default() += value(line);
    }
    sums.into_iter().collect()
}
