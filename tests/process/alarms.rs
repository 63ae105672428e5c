//! The alarms of the template: each is brought about on the local cloud, and none rings without its reason.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hikyaku_local::clock::{Clock, SystemClock};
use hikyaku_local::cloud::{Cloud, Options};
use hikyaku_local::event::Event;
use hikyaku_local::lambda::{Binaries, CargoBinaries, Invocation, Invoke as _, Limits};
use hikyaku_local::sqs::SendRequest;
use hikyaku_local::template::{Environment, Template};
use serde_json::{Value, json};

use super::binaries;
use super::imports::{kill, wait_until};
use super::stage::{Stage, TABLES};
use crate::cli::dev::ask;

const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");
const NEW_PROJECT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../crates/hikyaku-cli/project/template.yaml"
);
const ROWS: usize = 50_000;
const PERIOD: Duration = Duration::from_mins(5);

/// Each function, and the alarms of it and of its queue.
const FUNCTIONS: [(&str, &str); 5] = [
    ("ImportCsvFunction", "AlarmsImportCsvAlarms"),
    ("ResizeImageFunction", "AlarmsResizeImageAlarms"),
    ("ReportJobsFunction", "AlarmsReportJobsAlarms"),
    ("BuryDeadLettersFunction", "AlarmsBuryDeadLettersAlarms"),
    ("PhpLaneFunction", "PhpLaneAlarms"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_job_a_killed_and_a_refused_invocation_ring_their_alarm_and_no_other() {
    let stage = Stage::with_rows(ROWS).await;
    let scene = Scene::start(&stage, &[("HIKYAKU_PHP_KEY", PHP_KEY)]).await;
    scene.cloud_rings("before the first job", &[]).await;
    let mut events = scene.cloud.watch();

    scene.send("ImportCsvQueue", &import("done", &stage));
    wait_until("all rows", async || stage.imported().await.0 == ROWS).await;
    wait_until("an empty queue", async || scene.held("ImportCsvQueue") == 0).await;
    scene
        .cloud_rings("in the period of a job that is done", &[])
        .await;

    scene.send("ImportCsvQueue", &import("killed", &stage));
    wait_until("more rows", async || stage.imported().await.0 > ROWS).await;
    let mut last = None;
    while let Ok(event) = events.try_recv() {
        if let Event::ProcessStarted { pid, .. } = event {
            last = Some(pid);
        }
    }
    kill(last.unwrap());
    wait_until("the killed invocation", async || {
        scene.ringing() == one("AlarmsImportCsvAlarmsErrorsAlarm")
    })
    .await;
    scene.purge("ImportCsvQueue");
    scene.next_period().await;

    scene.send("ImportCsvQueue", "nobody reads this");
    wait_until("the failed job", async || {
        scene.ringing() == one("AlarmsFailedJobsAlarm")
    })
    .await;

    scene.next_period().await;
    scene.cloud_rings("in the period after it", &[]).await;
    let throttled = FUNCTIONS.map(|(_, alarms)| format!("{alarms}ThrottlesAlarm"));
    for (function, _) in FUNCTIONS {
        scene.invoke_until_refused(function).await;
    }
    assert_eq!(scene.ringing(), BTreeSet::new(), "refusals in one period");
    scene.next_period().await;
    for (function, _) in FUNCTIONS {
        scene.invoke_until_refused(function).await;
    }
    wait_until("the throttled functions", async || {
        scene.ringing() == throttled.iter().cloned().collect()
    })
    .await;
    scene.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn functions_that_cannot_start_ring_for_their_errors_the_age_of_their_jobs_and_dead_letters()
{
    let stage = Stage::with_rows(1).await;
    let scene = Scene::start(&stage, &[("HIKYAKU_METRICS", "no such level")]).await;
    let queues = [
        "ImportCsvQueue",
        "ResizeImageQueue",
        "ReportJobsQueue",
        "CourierQueue",
        "DeadLetterQueue",
    ];
    for queue in queues {
        scene.send(queue, &import(queue, &stage));
    }
    let mut rung = BTreeSet::new();
    // An hour and a half. Alarms may fall silent again: SQS forgets the age of what it gave out more than three times.
    for _ in 0..90 {
        scene.skip(Duration::from_mins(1)).await;
        rung.append(&mut scene.ringing());
    }
    let mut expected: BTreeSet<String> = FUNCTIONS
        .into_iter()
        .map(|(_, alarms)| format!("{alarms}ErrorsAlarm"))
        .collect();
    for (_, alarms) in FUNCTIONS {
        let kind = match alarms {
            "AlarmsBuryDeadLettersAlarms" => "DeadLettersAlarm",
            _ => "AgeAlarm",
        };
        expected.insert(format!("{alarms}{kind}"));
    }
    assert_eq!(rung, expected);

    // With those of the other scene, these are all there are.
    let others = FUNCTIONS.map(|(_, alarms)| format!("{alarms}ThrottlesAlarm"));
    expected.extend(others);
    expected.insert("AlarmsFailedJobsAlarm".to_owned());
    let all: BTreeSet<String> = scene.alarms.iter().map(|alarm| alarm.id.clone()).collect();
    assert_eq!(all, expected);
    scene.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_alarms_of_a_new_project_look_at_metrics_that_there_are() {
    let stage = Stage::with_rows(1).await;
    let scene = Scene::start(&stage, &[]).await;
    scene.send("ImportCsvQueue", "nobody reads this");
    scene.invoke_until_refused("ImportCsvFunction").await;
    scene.next_period().await;
    wait_until("all the metrics", async || {
        let known = scene.known();
        alarms_of(NEW_PROJECT, &Environment::new("http://127.0.0.1"))
            .iter()
            .flat_map(|alarm| &alarm.metrics)
            .all(|metric| known.contains(&kind(metric)))
    })
    .await;
    scene.cloud.stop().await;
}

fn import(uuid: &str, stage: &Stage) -> String {
    let data = json!({ "url": stage.url("imports/numbers.csv"), "table": "numbers" });
    json!({ "uuid": uuid, "job": "App\\Jobs\\ImportCsv", "data": data }).to_string()
}

/// 32 bytes, as PHP's key has.
const PHP_KEY: &str = "base64:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// The template on a local cloud whose time can be skipped.
struct Scene {
    cloud: Cloud,
    clock: Skipping,
    alarms: Vec<Alarm>,
}

impl Scene {
    async fn start(stage: &Stage, variables: &[(&str, &str)]) -> Self {
        let clock = Skipping::at_the_start_of_a_period();
        std::fs::create_dir(stage.path("imports")).unwrap();
        let file = stage.path("numbers.csv");
        std::fs::rename(file, stage.path("imports/numbers.csv")).unwrap();
        let parameters = [
            ("DatabaseUrl", stage.database_url()),
            ("DataUrl", stage.url("")),
            ("ImportTables", TABLES.to_owned()),
            ("PhpUrl", "https://127.0.0.1:9/hikyaku/jobs".to_owned()),
        ];
        let variables = variables.iter().copied();
        let options = Options {
            parameters: parameters
                .map(|(name, value)| (name.to_owned(), value))
                .into(),
            variables: variables
                .chain([("HIKYAKU_LOCAL_FILES", "1")])
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            binaries: Arc::new(CargoBinaries::new(binaries::folder())) as Arc<dyn Binaries>,
            clock: Arc::new(clock.clone()),
            limits: Limits {
                environments: 1,
                ..Limits::default()
            },
            ..Options::on_free_ports()
        };
        let environment = Environment {
            parameters: options.parameters.clone(),
            ..Environment::new("http://127.0.0.1")
        };
        let template = Template::read(TEMPLATE).unwrap();
        Self {
            cloud: Cloud::start(&template, options).await.unwrap(),
            clock,
            alarms: alarms_of(TEMPLATE, &environment),
        }
    }

    fn send(&self, logical_id: &str, body: &str) {
        let sqs = self.cloud.sqs();
        let queue = sqs.queue_by_name(&self.queue(logical_id)).unwrap();
        sqs.send(SendRequest::new(queue, body.to_owned())).unwrap();
    }

    /// Takes away what it holds.
    fn purge(&self, logical_id: &str) {
        let sqs = self.cloud.sqs();
        let queue = sqs.queue_by_name(&self.queue(logical_id)).unwrap();
        sqs.purge(&queue).unwrap();
    }

    fn held(&self, logical_id: &str) -> usize {
        let sqs = self.cloud.sqs();
        let queue = sqs.queue_by_name(&self.queue(logical_id)).unwrap();
        let counts = sqs.counts(&queue).unwrap();
        counts.visible + counts.not_visible + counts.delayed
    }

    fn queue(&self, logical_id: &str) -> String {
        let mut queues = self.cloud.stack().queues.iter();
        let found = queues.find(|queue| queue.logical_id == logical_id);
        found.unwrap().name.clone()
    }

    /// Two invocations at once are one more than there may be.
    async fn invoke_until_refused(&self, logical_id: &str) {
        let mut functions = self.cloud.stack().functions.iter();
        let function = functions.find(|function| function.logical_id == logical_id);
        let function = &function.unwrap().name;
        let invocation = || Invocation {
            function: function.clone(),
            payload: r#"{"Records": []}"#.into(),
            trace: None,
        };
        wait_until("a refused invocation", async || {
            let lambda = self.cloud.lambda();
            let both =
                futures_util::join!(lambda.invoke(invocation()), lambda.invoke(invocation()));
            both.0.is_err() != both.1.is_err()
        })
        .await;
    }

    /// Skips to the next period of all alarms.
    async fn next_period(&self) {
        self.skip(PERIOD).await;
    }

    /// Skips at least a minute, and waits until the queues are measured after it.
    async fn skip(&self, time: Duration) {
        self.clock.skip(time);
        let metric = json!({ "Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible",
            "Dimensions": [{ "Name": "QueueName", "Value": self.queue("ImportCsvQueue") }] });
        let minute = Duration::from_mins(1);
        wait_until("a measured queue", async || {
            !self.values(&metric, "Maximum", minute, 1).is_empty()
        })
        .await;
    }

    async fn cloud_rings(&self, when: &str, expected: &[&str]) {
        self.next_period().await;
        let expected: BTreeSet<String> = expected.iter().map(|&id| id.to_owned()).collect();
        assert_eq!(self.ringing(), expected, "{when}");
    }

    /// The alarms whose condition is true now.
    fn ringing(&self) -> BTreeSet<String> {
        let alarms = self.alarms.iter();
        let ringing = alarms.filter(|alarm| alarm.rings(self));
        ringing.map(|alarm| alarm.id.clone()).collect()
    }

    /// A metric's value in each of the newest periods in which it has one, this one included, by the period's start.
    fn values(
        &self,
        metric: &Value,
        statistic: &str,
        period: Duration,
        periods: u64,
    ) -> Vec<(u64, f64)> {
        let (now, period) = (self.clock.now_ms() / 1000, period.as_secs());
        let first = now - now % period - (periods - 1) * period;
        let request = json!({ "StartTime": first, "EndTime": now + 1, "MetricDataQueries": [{ "Id": "a",
            "MetricStat": { "Metric": metric, "Period": period, "Stat": statistic } }] });
        let answer = self.ask("GetMetricData", &request);
        let result = &answer["MetricDataResults"][0];
        let times = result["Timestamps"].as_array().unwrap().iter();
        let values = result["Values"].as_array().unwrap().iter();
        times
            .map(|time| time.as_u64().unwrap())
            .zip(values.map(|value| value.as_f64().unwrap()))
            .collect()
    }

    /// What kinds of metrics there are: namespace, name and the names of the dimensions.
    fn known(&self) -> BTreeSet<String> {
        let answer = self.ask("ListMetrics", &json!({}));
        let metrics = answer["Metrics"].as_array().unwrap();
        metrics.iter().map(kind).collect()
    }

    fn ask(&self, operation: &str, request: &Value) -> Value {
        let target = format!("GraniteServiceVersion20100801.{operation}");
        ask(&self.cloud.endpoints().lambda, &target, request)
    }
}

fn kind(metric: &Value) -> String {
    let dimensions = metric["Dimensions"].as_array().unwrap().iter();
    let names: Vec<_> = dimensions.map(|dimension| &dimension["Name"]).collect();
    json!([metric["Namespace"], metric["MetricName"], names]).to_string()
}

fn one(id: &str) -> BTreeSet<String> {
    [id.to_owned()].into()
}

/// An alarm that rings when the sum of its metrics is above its threshold in each of so many periods.
struct Alarm {
    id: String,
    metrics: Vec<Value>,
    statistic: String,
    periods: u64,
    threshold: f64,
}

impl Alarm {
    /// Missing values breach nothing.
    fn rings(&self, scene: &Scene) -> bool {
        let mut sums = std::collections::BTreeMap::new();
        for metric in &self.metrics {
            for (start, value) in scene.values(metric, &self.statistic, PERIOD, self.periods) {
                *sums.entry(start).or_insert(0.0) += value;
            }
        }
        let breaching = sums.values().filter(|sum| **sum > self.threshold);
        breaching.count() as u64 == self.periods
    }

    fn read(id: &str, properties: &Value) -> Self {
        assert_eq!(
            properties["ComparisonOperator"], "GreaterThanThreshold",
            "{id}"
        );
        assert_eq!(properties["TreatMissingData"], "notBreaching", "{id}");
        let number = |value: &Value| value.to_string().trim_matches('"').parse::<f64>().unwrap();
        let (metrics, periods, statistic) = match &properties["Metrics"] {
            Value::Array(parts) => Self::summed(id, parts),
            _ => (
                vec![properties.clone()],
                vec![properties["Period"].clone()],
                properties["Statistic"].clone(),
            ),
        };
        for period in periods {
            assert_eq!(number(&period), PERIOD.as_secs_f64(), "{id}");
        }
        let metric = |metric: &Value| {
            json!({ "Namespace": metric["Namespace"], "MetricName": metric["MetricName"],
                "Dimensions": metric["Dimensions"] })
        };
        Self {
            id: id.to_owned(),
            metrics: metrics.iter().map(metric).collect(),
            statistic: statistic.as_str().unwrap().to_owned(),
            periods: number(&properties["EvaluationPeriods"]) as u64,
            threshold: number(&properties["Threshold"]),
        }
    }

    /// Of metric math, sums are understood.
    fn summed(id: &str, parts: &[Value]) -> (Vec<Value>, Vec<Value>, Value) {
        let measured = || parts.iter().filter(|part| part["MetricStat"].is_object());
        let ids: Vec<_> = measured()
            .map(|part| part["Id"].as_str().unwrap())
            .collect();
        let expression = parts.iter().find(|part| part["Expression"].is_string());
        assert_eq!(expression.unwrap()["Expression"], ids.join(" + "), "{id}");
        let metrics = measured().map(|part| part["MetricStat"]["Metric"].clone());
        let periods = measured().map(|part| part["MetricStat"]["Period"].clone());
        let statistic = parts[1]["MetricStat"]["Stat"].clone();
        (metrics.collect(), periods.collect(), statistic)
    }
}

fn alarms_of(template: &str, environment: &Environment) -> Vec<Alarm> {
    let template = Template::read(template).unwrap();
    let inspected = template.inspect(environment).unwrap();
    let all = inspected.root.to_json();
    let resources = all["Resources"].as_object().unwrap().iter();
    let alarms = resources
        .filter(|(id, resource)| {
            resource["Type"] == "AWS::CloudWatch::Alarm" && !inspected.left_out.contains(*id)
        })
        .map(|(id, alarm)| Alarm::read(id, &alarm["Properties"]));
    alarms.collect()
}

/// The machine's clock, set forward by what was skipped.
#[derive(Clone, Default)]
struct Skipping(Arc<AtomicU64>);

impl Skipping {
    fn at_the_start_of_a_period() -> Self {
        let clock = Self::default();
        let period = u64::try_from(PERIOD.as_millis()).unwrap();
        let rest = Duration::from_millis(period - clock.now_ms() % period);
        clock.skip(rest);
        clock
    }

    fn skip(&self, time: Duration) {
        let time = u64::try_from(time.as_millis()).unwrap();
        self.0.fetch_add(time, Ordering::SeqCst);
    }
}

/// How often a sleeper looks whether its time was skipped.
const LOOK_EVERY: Duration = Duration::from_millis(5);

impl Clock for Skipping {
    fn now_ms(&self) -> u64 {
        SystemClock.now_ms() + self.0.load(Ordering::SeqCst)
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let clock = self.clone();
        let until = clock.now_ms() + u64::try_from(duration.as_millis()).unwrap();
        Box::pin(async move {
            while clock.now_ms() < until {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        })
    }
}
