//! As much of ECS as the courier needs: `RunTask`, with a process of PHP for a task.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};

use crate::Result;
use crate::stage::Stage;

/// The tasks that were started, by the tokens of the requests that asked for them.
pub(crate) struct Ecs {
    listener: TcpListener,
    tasks: Mutex<BTreeMap<String, Task>>,
}

/// What every task runs on.
pub(crate) struct Image {
    application: PathBuf,
    variables: Vec<(String, String)>,
    /// Where tasks write.
    log: PathBuf,
}

impl Image {
    /// The application of a stage.
    pub(crate) fn of(stage: &Stage) -> Self {
        Self {
            application: stage.php.application.clone(),
            variables: stage.php.variables.clone(),
            log: stage.folder.join("tasks.log"),
        }
    }
}

struct Task {
    /// What it was started for.
    reference: String,
    process: Child,
}

impl Ecs {
    /// An ECS that answers nothing yet.
    pub(crate) fn new() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener,
            tasks: Mutex::default(),
        })
    }

    /// Where it is.
    pub(crate) fn url(&self) -> Result<String> {
        Ok(format!("http://{}", self.listener.local_addr()?))
    }

    /// Answers for as long as it is polled.
    pub(crate) async fn serve(self: Arc<Self>, image: Image) -> Result<()> {
        let listener = tokio::net::TcpListener::from_std(self.listener.try_clone()?)?;
        let router = Router::new()
            .route("/", post(run_task))
            .with_state((self, Arc::new(image)));
        Ok(axum::serve(listener, router).await?)
    }

    /// How many tasks were started.
    pub(crate) fn started(&self) -> usize {
        self.tasks().len()
    }

    /// Kills a task with all that it runs. False: there is none.
    pub(crate) fn stop(&self, reference: &str) -> bool {
        let tasks = self.tasks();
        let found = tasks.values().find(|task| task.reference == reference);
        found.is_some_and(|task| {
            kill_process_group(Pid::from_child(&task.process), Signal::KILL).is_ok()
        })
    }

    /// Starts a task, once for a token.
    fn start(&self, image: &Image, request: &Value) -> Result<String> {
        let token = request["clientToken"].as_str().ok_or("no clientToken")?;
        let container = &request["overrides"]["containerOverrides"][0];
        let reference = container["environment"][0]["value"].as_str();
        let reference = reference.ok_or("no environment")?.to_owned();
        let command: Vec<String> = serde_json::from_value(container["command"].clone())?;
        let arn = format!("arn:aws:ecs:us-east-1:000000000000:task/{token}");
        let mut tasks = self.tasks();
        if tasks.contains_key(token) {
            return Ok(arn);
        }
        let (program, arguments) = command.split_first().ok_or("no command")?;
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&image.log)?;
        let process = Command::new(program)
            .args(arguments)
            .current_dir(&image.application)
            .env("HIKYAKU_TASK", &reference)
            // So that the scene need not wait for a minute until a task counts as dead.
            .env("HIKYAKU_TASK_LEASE", "2")
            .envs(image.variables.iter().cloned())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()?;
        tasks.insert(token.to_owned(), Task { reference, process });
        Ok(arn)
    }

    fn tasks(&self) -> MutexGuard<'_, BTreeMap<String, Task>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn run_task(State((ecs, image)): State<(Arc<Ecs>, Arc<Image>)>, body: String) -> String {
    let request = serde_json::from_str(&body).unwrap_or_default();
    let answer = match ecs.start(&image, &request) {
        Ok(arn) => json!({ "tasks": [{ "taskArn": arn }], "failures": [] }),
        Err(error) => json!({ "tasks": [], "failures": [{ "reason": error.to_string() }] }),
    };
    answer.to_string()
}

impl Drop for Ecs {
    fn drop(&mut self) {
        for task in self.tasks().values_mut() {
            // One that has ended need not be killed.
            let _ = kill_process_group(Pid::from_child(&task.process), Signal::KILL);
            let _ = task.process.wait();
        }
    }
}
