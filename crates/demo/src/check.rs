//! Looking for oneself: the database, the folders and the tables.

use std::fs;

use aws_sdk_dynamodb::types::AttributeValue;
use hikyaku::config::Credentials;
use hikyaku_local::cloud::Cloud;
use hikyaku_local::lambda::{Invocation, Invoke};
use sqlx::Row;

use crate::Result;
use crate::messages::{self, Message};
use crate::stage::{BAD_ROWS, JAPANESE_ROWS, ROWS, Stage};

/// AWS's own clients, on the local cloud.
pub(crate) struct Clients {
    pub(crate) sqs: aws_sdk_sqs::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    ledger_table: String,
    failed_table: String,
}

impl Clients {
    pub(crate) fn of(cloud: &Cloud) -> Result<Self> {
        let keys = Credentials {
            key_id: "local".to_owned(),
            secret: "local".to_owned(),
            session: None,
        };
        let table = |id| {
            cloud
                .stack()
                .table(id)
                .map(|table| table.name.clone())
                .unwrap_or_default()
        };
        let config = hikyaku::Config {
            sqs_endpoint: Some(cloud.endpoints().sqs.clone()),
            dynamodb_endpoint: Some(cloud.endpoints().dynamodb.clone()),
            credentials: Some(keys),
            ..hikyaku::Config::from_lookup(|_| Ok(None))?
        };
        Ok(Self {
            sqs: hikyaku::clients::sqs(&config),
            dynamodb: hikyaku::clients::dynamodb(&config),
            ledger_table: table("LedgerTable"),
            failed_table: table("FailedJobsTable"),
        })
    }

    async fn read(&self, table: &str, key: [(&str, &str); 2], attribute: &str) -> Result<String> {
        let request = key.iter().fold(
            self.dynamodb.get_item().table_name(table),
            |request, (name, value)| request.key(*name, AttributeValue::S((*value).to_owned())),
        );
        let item = request.send().await?.item.unwrap_or_default();
        Ok(item
            .get(attribute)
            .and_then(|value| value.as_s().ok())
            .cloned()
            .unwrap_or_default())
    }

    async fn failed(&self, id: &str, attribute: &str) -> Result<String> {
        self.read(
            &self.failed_table,
            [("application", "Laravel"), ("uuid", id)],
            attribute,
        )
        .await
    }
}

/// How many messages the queues still hold.
pub(crate) fn left(cloud: &Cloud) -> Result<usize> {
    let mut left = 0;
    for queue in &cloud.stack().queues {
        let counts = cloud
            .sqs()
            .counts(&cloud.sqs().queue_by_name(&queue.name)?)?;
        left += counts.visible + counts.not_visible + counts.delayed;
    }
    Ok(left)
}

/// Has the night's report written now, for today, by invoking its function directly.
pub(crate) async fn report(cloud: &Cloud, stage: &Stage) -> Result<String> {
    let payload = serde_json::json!({ "job": "report-jobs", "data": { "date": stage.today(), "timeZone": "UTC" } });
    let function = "ReportJobsFunction".to_owned();
    let invocation = Invocation {
        function,
        payload: payload.to_string().into(),
        trace: None,
    };
    match cloud.lambda().invoke(invocation).await?.result {
        Err(error) => Err(error.message().into()),
        Ok(_) => Ok(fs::read_to_string(
            stage.path(&format!("reports/failed-jobs-{}.md", stage.today())),
        )?),
    }
}

/// What is so.
pub(crate) struct Facts {
    places: Vec<(String, String)>,
    claims: Vec<(String, bool)>,
}

pub(crate) async fn facts(
    clients: &Clients,
    stage: &Stage,
    sent: &[Message],
    report: &str,
) -> Result<Facts> {
    let mut facts = Facts {
        places: Vec::new(),
        claims: Vec::new(),
    };
    facts.of_imports(clients, stage).await?;
    facts.of_images(stage)?;
    for message in sent.iter().filter(|message| message.expected == ["buried"]) {
        let exception = clients.failed(&message.id, "exception").await?;
        let first_line = exception.lines().next().unwrap_or_default().to_owned();
        facts.places.push((message.id.clone(), first_line.clone()));
        facts.claim(
            format!("the report names {}", message.id),
            report.contains(&message.id),
        );
        if message.body == messages::NONSENSE {
            let kept = clients.failed(&message.id, "body").await? == message.body;
            facts.claim(
                "the failed store has the exact text of what was not a job",
                kept && !first_line.is_empty(),
            );
        } else {
            let payload = clients.failed(&message.id, "payload").await?;
            let kept = payload.starts_with(message.body.trim_end_matches('}'));
            facts.claim(
                "the failed store has the unknown class's message, ready for queue:retry",
                kept,
            );
        }
    }
    Ok(facts)
}

impl Facts {
    fn claim(&mut self, what: impl Into<String>, holds: bool) {
        self.claims.push((what.into(), holds));
    }

    async fn of_imports(&mut self, clients: &Clients, stage: &Stage) -> Result<()> {
        let mut database = stage.database().await?;
        let counted = sqlx::query("SELECT COUNT(*), COUNT(DISTINCT email) FROM customers")
            .fetch_one(&mut database);
        let counted = counted.await?;
        let (rows, different): (i64, i64) = (counted.get(0), counted.get(1));
        let expected = i64::try_from(ROWS - BAD_ROWS + JAPANESE_ROWS)?;
        self.claim(
            format!("the table has {rows} rows, each once"),
            rows == expected && different == expected,
        );
        let name = sqlx::query("SELECT name FROM customers WHERE email = 'sato@example.jp'")
            .fetch_one(&mut database);
        self.claim(
            "the Shift_JIS customer is 佐藤",
            name.await?.get::<String, _>(0) == "佐藤",
        );
        let rejects = stage.path("rejects").join(messages::IMPORT);
        let lines: usize = fs::read_dir(&rejects)?
            .map(|file| {
                Ok(fs::read_to_string(file?.path())?
                    .lines()
                    .count()
                    .saturating_sub(1))
            })
            .sum::<Result<usize>>()?;
        self.claim(
            format!("{lines} rejected rows were written with their reasons"),
            lines == BAD_ROWS,
        );
        for id in [messages::IMPORT, messages::IMPORT_CP932] {
            let key = format!("J#{id}");
            let letter = clients
                .read(&clients.ledger_table, [("pk", &key), ("sk", ".")], "s")
                .await?;
            self.claim(format!("the ledger says that {id} is done"), letter == "D");
        }
        let database = stage.path("application.db");
        self.places.push((
            messages::IMPORT.to_owned(),
            format!("{}, {}", database.display(), rejects.display()),
        ));
        self.places.push((
            messages::IMPORT_CP932.to_owned(),
            database.display().to_string(),
        ));
        Ok(())
    }

    fn of_images(&mut self, stage: &Stage) -> Result<()> {
        for (id, folder) in [
            (messages::RESIZE, "variants"),
            (messages::RESIZE_RETRIED, "variants/blocked"),
        ] {
            for (width, height) in [(160, 120), (320, 240)] {
                for extension in ["jpg", "webp"] {
                    let path = stage
                        .path(folder)
                        .join(format!("photo-{width}w.{extension}"));
                    let size = image::image_dimensions(&path)?;
                    self.claim(
                        format!("{} is {width} x {height}", path.display()),
                        size == (width, height),
                    );
                }
            }
            self.places.push((
                id.to_owned(),
                stage.path(folder).join("photo-*").display().to_string(),
            ));
        }
        Ok(())
    }

    /// Where a message's result is.
    pub(crate) fn place(&self, message: &Message) -> String {
        if message.expected == ["done before"] {
            return "nothing ran".to_owned();
        }
        let place = self
            .places
            .iter()
            .find(|(id, _)| *id == message.id)
            .map(|(_, place)| place.as_str());
        from_here(place.unwrap_or_default())
    }

    /// Prints what was looked at. Answers whether all of it holds.
    pub(crate) fn print(&self, stage: &Stage) -> bool {
        println!();
        for (what, _) in self.claims.iter().filter(|(_, holds)| !holds) {
            println!("NOT AS EXPECTED: {what}");
        }
        let held = self.claims.iter().filter(|(_, holds)| *holds).count();
        println!(
            "Checked the results: {held} of {} as expected.",
            self.claims.len()
        );
        let report = stage.path(&format!("reports/failed-jobs-{}.md", stage.today()));
        println!(
            "The night's report on the failed jobs: {}",
            from_here(&report.display().to_string())
        );
        held == self.claims.len()
    }
}

/// A text with the paths in it shortened to what they are from here.
fn from_here(text: &str) -> String {
    let here = std::env::current_dir()
        .unwrap_or_default()
        .display()
        .to_string()
        + "/";
    text.replace(&here, "")
}
