//! What the scenes are played on: the local cloud of `template.yaml` and the application.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hikyaku_local::cloud::{Cloud, Options};
use hikyaku_local::front;
use hikyaku_local::lambda::Binaries;
use hikyaku_local::sqs::{ReceiveRequest, SendRequest};
use hikyaku_local::template::{Function, Template};
use serde_json::{Value, json};

use crate::Result;
use crate::php::{APP_KEY, Php, record_file};
use crate::seen::Seen;
use crate::web::{self, Web};

/// The application's key before its present one.
pub(crate) const OLDER_KEY: &str = "base64:YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODk=";

/// The cloud, the application, and the folder of this run.
pub(crate) struct Stage {
    pub(crate) cloud: Cloud,
    pub(crate) php: Php,
    pub(crate) web: Web,
    pub(crate) seen: Arc<Seen>,
    pub(crate) folder: PathBuf,
}

impl Stage {
    /// What the scenes are played on. `flaky` is the port of the connection that breaks.
    pub(crate) async fn set(flaky: u16, ecs: String) -> Result<Self> {
        let folder = examples()?.with_file_name("test-laravel");
        clear(&folder)?;
        let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("laravel/template.yaml");
        let parameters = [
            ("RecordFile", record_file(&folder).display().to_string()),
            ("Markers", folder.join("markers").display().to_string()),
            ("AppKey", APP_KEY.to_owned()),
            ("PreviousKeys", OLDER_KEY.to_owned()),
            ("PhpKey", web::KEY.to_owned()),
            ("FlakyUrl", web::url(flaky)),
            ("EcsUrl", ecs),
        ];
        Self::of(&template, folder, &parameters).await
    }

    /// The cloud of a template and the application, which takes jobs at the template's parameter `PhpUrl`.
    pub(crate) async fn of(
        template: &Path,
        folder: PathBuf,
        parameters: &[(&str, String)],
    ) -> Result<Self> {
        let seen = Arc::new(Seen::new(&folder.join("functions.log"))?);
        let port = front::free_port()?;
        let lane = [("PhpUrl", web::url(port))];
        let parameters = parameters.iter().chain(&lane);
        let sink = Arc::clone(&seen);
        let options = Options {
            parameters: parameters
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            // Functions refuse file:// under Lambda; here it is this machine's own disk. The key is a secret's there.
            variables: [
                ("HIKYAKU_LOCAL_FILES".to_owned(), "1".to_owned()),
                ("HIKYAKU_PHP_KEY".to_owned(), web::KEY.to_owned()),
            ]
            .into(),
            logs: Some(Arc::new(move |function, line| sink.read(function, line))),
            binaries: Arc::new(Built(examples()?)),
            ..Options::on_free_ports()
        };
        let cloud = Cloud::start(&Template::read(template)?, options).await?;
        let php = Php::on(&cloud, &folder)?;
        let web = Web::new(&php, port, &folder);
        php.artisan(&["app:migrate"], &[]).await?;
        Ok(Self {
            cloud,
            php,
            web,
            seen,
            folder,
        })
    }

    /// Sets a marker that jobs wait for.
    pub(crate) fn mark(&self, marker: &str) -> Result<()> {
        Ok(fs::write(self.folder.join("markers").join(marker), "")?)
    }

    /// Takes a marker away.
    pub(crate) fn unmark(&self, marker: &str) -> Result<()> {
        Ok(fs::remove_file(self.folder.join("markers").join(marker))?)
    }

    /// What the jobs wrote down, in PHP and in Rust, in its order.
    pub(crate) fn record(&self) -> Result<Vec<Value>> {
        let text = fs::read_to_string(record_file(&self.folder)).unwrap_or_default();
        text.lines()
            .map(|line| Ok(serde_json::from_str(line)?))
            .collect()
    }

    pub(crate) fn queue_url(&self, queue: &str) -> Result<String> {
        let queues = &self.cloud.stack().queues;
        let found = queues.iter().find(|found| found.name == queue);
        Ok(found.ok_or("the template lacks a queue")?.url.clone())
    }

    /// How many messages a queue holds: those that can be received, those that are on their way, those that wait.
    pub(crate) fn held(&self, queue: &str) -> Result<Held> {
        let sqs = self.cloud.sqs();
        let counts = sqs.counts(&sqs.queue_by_name(queue)?)?;
        Ok(Held {
            visible: counts.visible,
            delayed: counts.delayed,
            all: counts.visible + counts.not_visible + counts.delayed,
        })
    }

    /// Sends a message that is not PHP's.
    pub(crate) fn send(&self, queue: &str, body: &Value) -> Result<()> {
        self.send_as_is(queue, body.to_string())
    }

    /// Sends a body as it stands.
    pub(crate) fn send_as_is(&self, queue: &str, body: String) -> Result<()> {
        let sqs = self.cloud.sqs();
        let request = SendRequest::new(sqs.queue_by_name(queue)?, body);
        sqs.send(request)?;
        Ok(())
    }

    /// Takes messages out of a queue that nobody works off: their bodies.
    pub(crate) async fn take(&self, queue: &str, messages: usize) -> Result<Vec<String>> {
        let sqs = self.cloud.sqs();
        let queue = sqs.queue_by_name(queue)?;
        let received = sqs
            .receive(ReceiveRequest::new(queue.clone(), messages))
            .await?;
        for message in &received {
            sqs.delete(&queue, &message.receipt_handle)?;
        }
        let bodies = received.iter().map(|message| message.body.to_string());
        Ok(bodies.collect())
    }

    /// Throws away what a scene that broke off has left in the queues that no function works off.
    pub(crate) async fn clear(&self) -> Result<()> {
        for queue in ["kept", "php"] {
            while !self.take(queue, 10).await?.is_empty() {}
        }
        Ok(())
    }

    /// Throws away what a queue holds, also what is on its way.
    pub(crate) fn purge(&self, queue: &str) -> Result<()> {
        let sqs = self.cloud.sqs();
        Ok(sqs.purge(&sqs.queue_by_name(queue)?)?)
    }

    /// Writes an item that is not PHP's.
    pub(crate) fn put(&self, table: &str, item: &Value) -> Result<()> {
        let request = json!({ "TableName": table, "Item": item });
        let database = self.cloud.dynamodb().database();
        database.put_item(serde_json::from_value(request)?)?;
        Ok(())
    }

    /// An item of a table; null if there is none.
    pub(crate) fn item(&self, table: &str, key: &Value) -> Result<Value> {
        let request = json!({ "TableName": table, "Key": key, "ConsistentRead": true });
        let database = self.cloud.dynamodb().database();
        let found = database.get_item(serde_json::from_value(request)?)?;
        Ok(serde_json::to_value(found)?["Item"].clone())
    }
}

/// A queue's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) visible: usize,
    pub(crate) delayed: usize,
    pub(crate) all: usize,
}

/// Functions are examples of this crate or binaries of others.
struct Built(PathBuf);

impl Binaries for Built {
    fn path(&self, function: &Function) -> PathBuf {
        let example = self.0.join(&function.binary.name);
        let binary = self.0.with_file_name(&function.binary.name);
        if example.is_file() { example } else { binary }
    }
}

/// The folder of this program and of the functions that are examples.
pub(crate) fn examples() -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    Ok(here.parent().ok_or("this program lies nowhere")?.to_owned())
}

/// An empty folder, whatever an earlier run has left in it.
pub(crate) fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}
