//! `hikyaku dev --php`: the command serves the application itself.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};

use super::Play;
use crate::Result;
use crate::scene::Scene;
use crate::stage::{self, Stage};

pub(super) const SCENES: [Play; 1] = [Play::new(
    "hikyaku dev --php serves the application over the lane, and ends it with itself",
    |scene| Box::pin(served(scene)),
)];

/// Far more than it takes; only something broken needs so long.
const PATIENCE: Duration = Duration::from_secs(40);

async fn served(scene: &mut Scene) -> Result<()> {
    let mut dev = start(scene)?;
    let output = dev.stdout.take().ok_or("the command says nothing")?;
    let mut lines = BufReader::new(output).lines();
    let said = tokio::time::timeout(PATIENCE, introduction(&mut lines)).await;
    let said = said.map_err(|_| "the command does not come up")??;
    let told: BTreeMap<&str, &str> = said
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    scene.holds(
        "what it says of the route",
        &said,
        "/hikyaku/jobs takes jobs",
    );

    // Only what the command has printed tells artisan where to send.
    let mut variables: Vec<(&str, &str)> = told.clone().into_iter().collect();
    variables.push(("CACHE_DRIVER", "file"));
    let queue = told.get("SQS_QUEUE").ok_or("the command names no queue")?;
    let dispatch = ["app:dispatch", "step", queue, "over dev"];
    scene.stage.php.artisan(&dispatch, &variables).await?;
    let ran = |line: &&Value| line["payload"]["name"] == "over dev";
    let has_run = |stage: &Stage| Ok(stage.record()?.iter().any(|line| ran(&line)));
    tokio::select! {
        waited = scene.until("the job has run", has_run) => waited?,
        () = listen(&mut lines) => return Err("the command has ended".into()),
    }
    let ran = scene.record()?.iter().filter(ran).count();
    scene.equal("how often the job ran in PHP", &ran, &1);

    let url = told.get("APP_URL").ok_or("the command names no address")?;
    let address = url.trim_start_matches("http://").to_owned();
    scene.equal(
        "whether the web server runs",
        &TcpStream::connect(&address).await.is_ok(),
        &true,
    );
    let process = dev.id().and_then(|id| i32::try_from(id).ok());
    let process = process.and_then(rustix::process::Pid::from_raw);
    let process = process.ok_or("the command is gone")?;
    rustix::process::kill_process(process, rustix::process::Signal::TERM)?;
    let ending = async { tokio::join!(dev.wait(), listen(&mut lines)) };
    let (ended, ()) = tokio::time::timeout(PATIENCE, ending).await?;
    let ended = ended?;
    scene.equal("whether it ended well", &ended.success(), &true);
    let gone = TcpStream::connect(&address).await.is_err();
    scene.equal("whether the web server is gone", &gone, &true);
    Ok(())
}

/// What the command says until it runs.
async fn introduction(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<String> {
    let mut said = String::new();
    while let Some(line) = lines.next_line().await? {
        said.push_str(&line);
        said.push('\n');
        if line.starts_with("# Lambda answers") {
            return Ok(said);
        }
    }
    Err(format!("the command has ended: {said}").into())
}

/// Reads on: the command stops when its pipe is full.
async fn listen(lines: &mut Lines<BufReader<ChildStdout>>) {
    while let Ok(Some(_)) = lines.next_line().await {}
}

/// The command, as it is typed, with the project's own template.
fn start(scene: &Scene) -> Result<Child> {
    let folder = scene.stage.folder.join("dev");
    stage::clear(&folder)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let built = stage::examples()?.join("..");
    let ports = [
        "--sqs-port=0",
        "--dynamodb-port=0",
        "--lambda-port=0",
        "--php-port=0",
    ];
    let command = Command::new(built.join("hikyaku"))
        .args(["dev", "--no-build", "--template"])
        .arg(root.join("template.yaml"))
        .arg("--php")
        .arg(&scene.stage.php.application)
        .args(ports)
        .current_dir(folder)
        // What the command says of the cloud and the key wins over these.
        .envs(scene.stage.php.variables.iter().cloned())
        .env("CACHE_DRIVER", "file")
        .env("CARGO_TARGET_DIR", built.join(".."))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    Ok(command)
}
