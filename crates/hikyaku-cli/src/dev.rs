//! `hikyaku dev`: the local cloud of a template.

mod php;
mod web;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use hikyaku_local::cloud::{Cloud, CloudError, Options};
use hikyaku_local::event::Event;
use hikyaku_local::faults::Faults;
use hikyaku_local::template::{Environment, Ignored, Template, TemplateError};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::build::{BuildError, Built};
use crate::output;
use crate::place::LocalCloud;
use php::{Application, PhpArguments, PhpError};
use web::Server;

/// What every function is told here, unless the template says something else: `file://`, which functions refuse under
/// Lambda, is the laptop's own disk; and metrics cost nothing.
const TOLD: [(&str, &str); 2] = [("HIKYAKU_LOCAL_FILES", "1"), ("HIKYAKU_METRICS", "jobs")];

/// What `hikyaku dev` takes.
#[derive(Debug, Args)]
pub(crate) struct Dev {
    /// The SAM template
    #[arg(long, value_name = "FILE", default_value = "template.yaml")]
    template: PathBuf,
    /// The port of SQS; 0 takes any
    #[arg(long, value_name = "N", default_value_t = 9324)]
    sqs_port: u16,
    /// The port of DynamoDB; 0 takes any
    #[arg(long, value_name = "N", default_value_t = 8000)]
    dynamodb_port: u16,
    /// The port of Lambda's Invoke API; 0 takes any
    #[arg(long, value_name = "N", default_value_t = 9000)]
    lambda_port: u16,
    /// The address to listen on: 0.0.0.0 lets containers in, and everybody else on the network
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
    /// Answer to this name of the machine too; may be repeated. localhost, addresses and host.docker.internal need no word
    #[arg(long = "allow-host", value_name = "NAME")]
    hosts: Vec<String>,
    /// Say in this file where the cloud is, for --local=FILE [default: .hikyaku/local.json]
    #[arg(long, value_name = "FILE")]
    local_file: Option<PathBuf>,
    /// Keep the tables of DynamoDB in this folder; without it they are gone at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A value for a parameter of the template; may be repeated
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = name_and_value)]
    parameters: Vec<(String, String)>,
    /// Make requests to SQS and DynamoDB fail as this file says (docs/local.md)
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    #[command(flatten)]
    php: PhpArguments,
    /// Take the functions' binaries as they are
    #[arg(long)]
    no_build: bool,
}

/// Why the local cloud did not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DevError {
    /// The template is missing or wrong.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The functions could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The cloud could not start.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The file of faults cannot be read.
    #[error("could not read the faults of `{}`", path.display())]
    Faults {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The application in PHP is missing or gone.
    #[error(transparent)]
    Php(#[from] PhpError),
    /// No runtime or no signal handler.
    #[error("could not prepare to run")]
    Runtime(#[source] std::io::Error),
}

impl Dev {
    /// Runs until Ctrl-C.
    pub(crate) fn run(self) -> Result<(), DevError> {
        // To the emulator every refused claim is a bad request, and worth a warning. Here it is everyday life.
        let levels = Targets::new()
            .with_default(LevelFilter::WARN)
            .with_target("dynoxide", LevelFilter::ERROR);
        tracing_subscriber::registry()
            .with(
                tracing_subscriber::fmt::layer()
                    .with_ansi(false)
                    .with_writer(output::logs),
            )
            .with(levels)
            .init();
        let template = Template::read(&self.template)?;
        let faults = self.faults()?;
        let application = self.php.application()?;
        let mut parameters: BTreeMap<_, _> = self.parameters.iter().cloned().collect();
        if let Some(application) = &application {
            let lane = application.parameter(&template);
            lane.map(|(name, value)| parameters.entry(name).or_insert(value));
        }
        let binaries = self.build(&template, &parameters)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(DevError::Runtime)?;
        let file = self.local_file.clone();
        let mut options = self.options(parameters, binaries, faults);
        if let Some(application) = &application {
            options.overrides = application.overrides();
            options.variables.extend([application.variable()]);
        }
        runtime.block_on(serve(&template, options, file.as_deref(), application))
    }

    /// Builds before any port is open: it can take minutes, and messages would time out meanwhile.
    fn build(
        &self,
        template: &Template,
        parameters: &BTreeMap<String, String>,
    ) -> Result<Built, DevError> {
        // A bare file's name has a parent without a name.
        let folder = self.template.parent().filter(|parent| *parent != "");
        let folder = folder.unwrap_or(Path::new("."));
        if self.no_build {
            return Ok(Built::before(folder));
        }
        let stack = template.resolve(&Environment {
            parameters: parameters.clone(),
            ..Environment::new("http://127.0.0.1")
        })?;
        Ok(Built::now(folder, &stack.functions)?)
    }

    fn options(
        self,
        parameters: BTreeMap<String, String>,
        binaries: Built,
        faults: Option<Faults>,
    ) -> Options {
        Options {
            sqs_port: self.sqs_port,
            dynamodb_port: self.dynamodb_port,
            lambda_port: self.lambda_port,
            bind: self.bind,
            hosts: self.hosts,
            parameters,
            data: self.data,
            variables: TOLD
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            binaries: Arc::new(binaries),
            logs: Some(Arc::new(show)),
            faults,
            ..Options::default()
        }
    }

    fn faults(&self) -> Result<Option<Faults>, DevError> {
        let Some(path) = &self.faults else {
            return Ok(None);
        };
        let failed = |source| DevError::Faults {
            path: path.clone(),
            source,
        };
        let text = std::fs::read_to_string(path).map_err(failed)?;
        let faults = serde_json::from_str(&text).map_err(|error| failed(error.into()))?;
        Ok(Some(faults))
    }
}

async fn serve(
    template: &Template,
    options: Options,
    local_file: Option<&Path>,
    application: Option<Application>,
) -> Result<(), DevError> {
    let stop = stop_signal().map_err(DevError::Runtime)?;
    let (bind, hosts) = (options.bind, options.hosts.clone());
    let binaries = Arc::clone(&options.binaries);
    let cloud = Cloud::start(template, options).await?;
    let seen = cloud.watch();
    // Where the file cannot be written, all but `--local` works.
    let announced = LocalCloud::of(&cloud, &*binaries).announce(local_file);
    if let Err(error) = &announced {
        tell!("warning: {}", hikyaku::explain(error));
    }
    if !bind.is_loopback() {
        tell!(
            "warning: everybody who reaches {} over the network can run jobs here and read the tables: nobody's keys are \
             checked. Without --bind only this machine can",
            bind
        );
    }
    introduce(&cloud);
    let mut php = match application {
        Some(application) => Some(application.serve(&cloud, &hosts).await?),
        None => None,
    };
    say!(
        "# Lambda answers at {}; Ctrl-C stops.",
        cloud.endpoints().lambda
    );
    let ended = tokio::select! {
        stopped = stop => stopped.map_err(DevError::Runtime),
        () = report(seen) => Ok(()),
        error = ended(&mut php) => Err(error.into()),
    };
    say!("stopping");
    if let Some(php) = php {
        php.stop().await;
    }
    cloud.stop().await;
    ended
}

/// Completes when the application's web server has ended by itself.
async fn ended(php: &mut Option<Server>) -> PhpError {
    match php {
        Some(server) => server.ended().await,
        None => std::future::pending().await,
    }
}

fn introduce(cloud: &Cloud) {
    let stack = cloud.stack();
    for warning in &stack.warnings {
        tell!("warning: {}", warning);
    }
    if let Some(ignored) = not_run(&stack.ignored) {
        say!("not run locally: {}", ignored);
    }
    say!("# Point your application and your shell here:");
    for line in cloud.environment_lines() {
        say!("{}", line);
    }
}

/// How many resources of each kind are not run, if there are any.
fn not_run(ignored: &[Ignored]) -> Option<String> {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for resource in ignored {
        *kinds.entry(&resource.kind).or_default() += 1;
    }
    let counted: Vec<String> = kinds
        .into_iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    (!counted.is_empty()).then(|| counted.join(", "))
}

/// A line of a function. Its metrics are asked for, not read.
fn show(function: &str, line: &str) {
    if !hikyaku_local::watch::is_metrics(line) {
        say!("{} | {}", function, line);
    }
}

/// One line an event.
async fn report(mut seen: Receiver<Event>) {
    loop {
        match seen.recv().await {
            Ok(event) => say!("{}", event),
            Err(RecvError::Lagged(missed)) => {
                tell!("({} events came too fast to be shown)", missed);
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// Listens from now on; completes at Ctrl-C, or when somebody asks this process to end.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = std::io::Result<()>>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => Ok(()),
            _ = terminate.recv() => Ok(()),
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = std::io::Result<()>>> {
    Ok(tokio::signal::ctrl_c())
}

pub(crate) fn name_and_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
