//! The report as a whole: virtual failures, golden texts, and a DynamoDB whose answers are written here.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::*;
use crate::failed_jobs::{FailedJob, FailedJobs, FailedJobsError, Page};
use crate::summary::SummaryError;

fn seconds(moment: &str) -> i64 {
    moment.parse::<Timestamp>().unwrap().as_second()
}

/// A store that keeps pages of jobs, and the borders of a day as any store must.
struct Shelf(Vec<Vec<FailedJob>>);

impl FailedJobs for Shelf {
    async fn page(&self, day: &Day, after: Option<String>) -> Result<Page, FailedJobsError> {
        let number = after.map_or(0, |after| after.parse().unwrap());
        let jobs = self.0[number]
            .iter()
            .filter(|job| (day.from()..day.to()).contains(&job.failed_at));
        let next = (number + 1 < self.0.len()).then(|| (number + 1).to_string());
        Ok(Page {
            jobs: jobs.cloned().collect(),
            next,
        })
    }
}

fn job(moment: &str, uuid: &str, name: &str, queue: &str, exception: &str) -> FailedJob {
    FailedJob {
        failed_at: seconds(moment),
        uuid: uuid.to_owned(),
        name: name.to_owned(),
        connection: "sqs".to_owned(),
        queue: queue.to_owned(),
        exception: exception.to_owned(),
    }
}

fn shelf() -> Shelf {
    let csv = "App\\Jobs\\ImportCsv";
    Shelf(vec![
        vec![
            job(
                "2026-11-22T14:59:59Z",
                "4",
                csv,
                "imports",
                "RuntimeException: row 7, column \"名前\" | empty",
            ),
            job("2026-11-22T15:00:00Z", "5", csv, "imports", "the next day"),
        ],
        vec![],
        vec![
            job(
                "2026-11-21T14:59:59Z",
                "1",
                csv,
                "imports",
                "the day before",
            ),
            job(
                "2026-11-21T15:00:00Z",
                "2",
                "resize-image",
                "images",
                "=cmd|' /C calc'!A0",
            ),
            job(
                "2026-11-22T03:00:00Z",
                "3; reboot",
                csv,
                "imports",
                "=cmd|' /C calc'!A0",
            ),
        ],
    ])
}

async fn collect(shelf: &Shelf) -> Summary {
    let day = Day::new("2026-11-22".parse().unwrap(), "Asia/Tokyo").unwrap();
    Summary::collect(shelf, day, || false).await.unwrap()
}

#[tokio::test]
async fn the_markdown_report_is_this() {
    let expected = r#"# Failed jobs on 2026-11-22

3 jobs failed, by the clock of Asia/Tokyo.

## By job

| Job | Failed |
|---|---:|
| App\\Jobs\\ImportCsv | 2 |
| resize-image | 1 |

## By queue

| Queue | Failed |
|---|---:|
| imports | 2 |
| images | 1 |

## By error

| Error | Failed |
|---|---:|
| =cmd\|' /C calc'!A0 | 2 |
| RuntimeException: row 7, column "名前" \| empty | 1 |

## The jobs

| Failed at | Job | Queue | Error | Send back |
|---|---|---|---|---|
| 2026-11-22 00:00:00+09:00 | resize-image | images | =cmd\|' /C calc'!A0 | `php artisan queue:retry 2` |
| 2026-11-22 12:00:00+09:00 | App\\Jobs\\ImportCsv | imports | =cmd\|' /C calc'!A0 | 3; reboot |
| 2026-11-22 23:59:59+09:00 | App\\Jobs\\ImportCsv | imports | RuntimeException: row 7, column "名前" \| empty | `php artisan queue:retry 4` |
"#;
    assert_eq!(markdown::write(&collect(&shelf()).await), expected);
}

#[tokio::test]
async fn the_csv_report_is_this() {
    let expected = [
        "\u{feff}failed_at,uuid,job,connection,queue,exception,retry",
        "2026-11-22 00:00:00+09:00,2,resize-image,sqs,images,'=cmd|' /C calc'!A0,php artisan queue:retry 2",
        "2026-11-22 12:00:00+09:00,3; reboot,App\\Jobs\\ImportCsv,sqs,imports,'=cmd|' /C calc'!A0,",
        "2026-11-22 23:59:59+09:00,4,App\\Jobs\\ImportCsv,sqs,imports,\"RuntimeException: row 7, column \"\"名前\"\" | empty\",php artisan queue:retry 4",
        "",
    ];
    assert_eq!(csv::write(&collect(&shelf()).await), expected.join("\r\n"));
}

#[tokio::test]
async fn a_day_without_failures_says_so() {
    let summary = collect(&Shelf(vec![vec![]])).await;
    assert_eq!(
        markdown::write(&summary),
        "# Failed jobs on 2026-11-22\n\n0 jobs failed, by the clock of Asia/Tokyo.\n"
    );
    assert_eq!(csv::write(&summary).lines().count(), 1);
}

#[tokio::test]
async fn the_order_of_the_pages_changes_nothing() {
    let mut turned = shelf();
    turned.0.reverse();
    turned.0.iter_mut().for_each(|page| page.reverse());
    let (first, second) = (collect(&shelf()).await, collect(&turned).await);
    assert_eq!(markdown::write(&first), markdown::write(&second));
    assert_eq!(csv::write(&first), csv::write(&second));
}

#[tokio::test]
async fn the_page_stays_short_and_says_what_it_left_out() {
    let many = |number: i64| FailedJob {
        failed_at: seconds("2026-11-22T00:00:00Z") + number,
        ..shelf().0[2][1].clone()
    };
    let summary = collect(&Shelf(vec![(0..250).map(many).collect()])).await;
    let page = markdown::write(&summary);
    assert_eq!(page.matches("queue:retry").count(), 200);
    assert!(page.ends_with("\nThe first 200 are shown; the CSV file lists 250.\n"));
    assert_eq!(csv::write(&summary).lines().count(), 251);
}

#[tokio::test]
async fn it_stops_between_two_pages() {
    let day = Day::new("2026-11-22".parse().unwrap(), "Asia/Tokyo").unwrap();
    let result = Summary::collect(&shelf(), day, || true).await;
    assert!(matches!(result, Err(SummaryError::Stopped { failed: 1 })));
}

/// DynamoDB as far as this job sees it: answers in order, and what was asked.
#[derive(Debug, Clone, Default)]
struct Replies {
    answers: Arc<Mutex<Vec<Value>>>,
    requests: Arc<Mutex<Vec<Value>>>,
}

impl HttpConnector for Replies {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.requests
            .lock()
            .unwrap()
            .push(serde_json::from_slice(request.body().bytes().unwrap()).unwrap());
        let answer = self.answers.lock().unwrap().remove(0).to_string();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(
            200.try_into().unwrap(),
            SdkBody::from(answer),
        )))
    }
}

impl Replies {
    fn new(answers: &[Value]) -> Self {
        Self {
            answers: Arc::new(Mutex::new(answers.to_vec())),
            requests: Arc::default(),
        }
    }

    fn failed_jobs(&self) -> DynamoDbFailedJobs {
        let connector = SharedHttpConnector::new(self.clone());
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("ap-northeast-1"))
            .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        let client = aws_sdk_dynamodb::Client::from_conf(config);
        DynamoDbFailedJobs::new(client, "failed_jobs".to_owned(), "shop".to_owned())
    }
}

fn item(uuid: &str, failed_at: &str) -> Value {
    let payload = r#"{"displayName":"App\\Jobs\\ImportCsv","data":{"command":"O:1:secret"}}"#;
    json!({
        "uuid": {"S": uuid}, "connection": {"S": "sqs"}, "queue": {"S": "imports"}, "payload": {"S": payload},
        "exception": {"S": "LogicException: boom\n#0 secret()"}, "failed_at": {"N": seconds(failed_at).to_string()},
    })
}

#[tokio::test]
async fn every_page_of_the_table_is_read_and_only_the_day_is_asked_for() {
    let last = json!({"application": {"S": "shop"}, "uuid": {"S": "b"}});
    let replies = Replies::new(&[
        json!({"Items": [item("a", "2026-11-22T01:00:00Z")], "LastEvaluatedKey": last}),
        json!({"Items": [item("c", "2026-11-22T02:00:00Z"), {"uuid": {"S": "d"}}]}),
    ]);
    let day = Day::new("2026-11-22".parse().unwrap(), "Asia/Tokyo").unwrap();
    let summary = Summary::collect(&replies.failed_jobs(), day, || false)
        .await
        .unwrap();
    assert_eq!(
        summary.by_job.ranked(),
        [("App\\Jobs\\ImportCsv", 2), ("(no name)", 1)]
    );
    assert_eq!(
        summary.by_exception.ranked(),
        [("LogicException: boom", 2), ("", 1)]
    );

    let requests = replies.requests.lock().unwrap();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1]["ExclusiveStartKey"], last);
    let values = &requests[0]["ExpressionAttributeValues"];
    assert_eq!(
        values[":from"]["N"],
        seconds("2026-11-21T15:00:00Z").to_string()
    );
    assert_eq!(
        values[":to"]["N"],
        seconds("2026-11-22T15:00:00Z").to_string()
    );
    assert_eq!(
        requests[0]["ProjectionExpression"],
        "#uuid, #connection, #queue, #payload, #exception, #failed_at"
    );
    assert_eq!(
        requests[0]["ExpressionAttributeNames"]
            .as_object()
            .unwrap()
            .len(),
        7
    );
}

#[tokio::test]
async fn the_job_writes_both_files_and_no_payload() {
    let folder = tempfile::tempdir().unwrap();
    let url = Url::from_directory_path(folder.path()).unwrap();
    let config =
        Config::read(|variable| (variable == "REPORT_URL").then(|| url.to_string())).unwrap();
    let run = async |payload: Value, now: &str| {
        let replies = Replies::new(&[json!({"Items": [item("a", "2026-11-22T01:00:00Z")]})]);
        let objects = Objects::new(config.objects.clone()).unwrap();
        let state = Reporter {
            failed_jobs: replies.failed_jobs(),
            objects,
            folder: url.clone(),
        };
        let now = hikyaku::Timestamp::from_secs(seconds(now));
        serde_json::from_value::<Report>(testing::output(
            &testing::run::<ReportJobs>(payload, state, now).await,
        ))
        .unwrap()
    };
    let scheduled = run(
        json!({"scheduledTime": "2026-11-22T15:30:00Z"}),
        "2026-11-30T00:00:00Z",
    )
    .await;
    assert_eq!(
        (scheduled.date.to_string().as_str(), scheduled.failed),
        ("2026-11-22", 1)
    );
    assert_eq!(
        scheduled.csv.to_file_path().unwrap(),
        folder.path().join("failed-jobs-2026-11-22.csv")
    );
    let page = std::fs::read_to_string(scheduled.markdown.to_file_path().unwrap()).unwrap();
    let table = std::fs::read_to_string(scheduled.csv.to_file_path().unwrap()).unwrap();
    assert!(
        page.contains("queue:retry a") && !page.contains("secret") && !table.contains("secret")
    );

    let by_clock = run(json!({}), "2026-11-22T15:30:00Z").await;
    let by_date = run(
        json!({"date": "2026-11-22", "timeZone": "Asia/Tokyo"}),
        "2026-11-30T00:00:00Z",
    )
    .await;
    assert_eq!((&by_clock, &by_date), (&scheduled, &scheduled));
    assert_eq!(
        std::fs::read_to_string(by_date.markdown.to_file_path().unwrap()).unwrap(),
        page
    );
}

#[test]
fn laravels_empty_payload_is_read_too() {
    let job: ReportJobs = serde_json::from_str("[]").unwrap();
    assert_eq!(
        (job.date, job.time_zone.as_str(), job.scheduled_time),
        (None, "Asia/Tokyo", None)
    );
}

#[test]
fn the_sample_event_is_what_the_schedule_sends() {
    let event = include_str!("../../../../../events/direct/report-jobs.json");
    let event: Value = serde_json::from_str(event).unwrap();
    assert_eq!(event["job"], ReportJobs::NAME);
    let job: ReportJobs = serde_json::from_value(event["data"].clone()).unwrap();
    assert_eq!(
        job.day(Timestamp::UNIX_EPOCH).unwrap().date().to_string(),
        "2026-11-22"
    );
}
