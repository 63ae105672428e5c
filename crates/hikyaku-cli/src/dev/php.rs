//! `hikyaku dev --php`: a Laravel application behind PHP's own web server, as the courier's other end.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use clap::Args;
use hikyaku::SystemRandom;
use hikyaku::core::Random as _;
use hikyaku_local::cloud::Cloud;
use hikyaku_local::front::free_port;
use hikyaku_local::template::Template;
use tokio::process::Command;

use super::web::{Server, show};

/// Where the application is told to take jobs, and the courier to bring them.
const PATH: &str = "hikyaku/jobs";

/// What makes of a request what the application sees, best first: Laravel's own file, which serves what lies in `public/`
/// too, where Laravel 9 and later and where Laravel 8 have it.
const ROUTERS: [&str; 3] = [
    "vendor/laravel/framework/src/Illuminate/Foundation/resources/server.php",
    "server.php",
    "public/index.php",
];

/// What `hikyaku dev` is told of an application.
#[derive(Debug, Args)]
pub(crate) struct PhpArguments {
    /// Serve this Laravel application, and have the courier bring it jobs
    #[arg(long, value_name = "DIR")]
    php: Option<PathBuf>,
    /// The port of its web server; 0 takes any
    #[arg(long, value_name = "N", default_value_t = 8080, requires = "php")]
    php_port: u16,
    /// How many requests it serves at once; 1 if its database is SQLite
    #[arg(long, value_name = "N", default_value_t = 10, requires = "php")]
    php_workers: u16,
}

/// Why there is no application.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PhpError {
    /// Not the folder of one.
    #[error("{} is not a Laravel application: it has no {missing} (--php names the folder that artisan is in)", folder.display())]
    NoApplication {
        folder: PathBuf,
        missing: &'static str,
    },
    /// What this command says would not be heard.
    #[error(
        "the application has cached its configuration, and would not hear where the local cloud is: run `php artisan config:clear`"
    )]
    CachedConfig,
    /// Somebody else listens there.
    #[error(
        "port {port} for the application is taken: choose another one with --php-port, or 0 for any"
    )]
    Port { port: u16, source: io::Error },
    /// No randomness.
    #[error("this machine gives no random numbers for a key")]
    Key,
    /// Nobody would bring it jobs.
    #[error(
        "no function of the template has the variable HIKYAKU_PHP_URL and a queue: --php is for templates with a courier (docs/lane.md)"
    )]
    NoCourier,
    /// No PHP.
    #[error("could not run php: is it installed, and on the PATH?")]
    Start(#[source] io::Error),
    /// It does not listen.
    #[error("PHP's web server does not listen on port {port} after 10 s")]
    Silent { port: u16 },
    /// It is gone.
    #[error("PHP's web server has ended ({status}); its last lines say why")]
    Ended { status: ExitStatus },
}

/// An application that can be served.
#[derive(Debug)]
pub(super) struct Application {
    folder: PathBuf,
    router: PathBuf,
    port: u16,
    workers: u16,
    key: String,
}

impl PhpArguments {
    /// The application, if there is to be one.
    pub(super) fn application(&self) -> Result<Option<Application>, PhpError> {
        let find = |folder: &Path| Application::find(folder, self.php_port, self.php_workers);
        self.php.as_deref().map(find).transpose()
    }
}

impl Application {
    fn find(folder: &Path, port: u16, workers: u16) -> Result<Self, PhpError> {
        for missing in ["artisan", "public/index.php"] {
            if !folder.join(missing).is_file() {
                let folder = folder.to_owned();
                return Err(PhpError::NoApplication { folder, missing });
            }
        }
        // PHP is started in another folder.
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        if folder.join("bootstrap/cache/config.php").exists() {
            return Err(PhpError::CachedConfig);
        }
        let routers = ROUTERS.map(|router| folder.join(router));
        let router = routers.into_iter().find(|router| router.is_file());
        Ok(Self {
            router: router.unwrap_or_default(),
            folder,
            port: free(port)?,
            workers: workers.max(1),
            key: key().ok_or(PhpError::Key)?,
        })
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The parameter without which the template has no PHP lane, if it has that parameter.
    pub(super) fn parameter(&self, template: &Template) -> Option<(String, String)> {
        let declared = template.root().get("Parameters")?.get("PhpUrl");
        declared.map(|_| ("PhpUrl".to_owned(), format!("{}/{PATH}", self.url())))
    }

    /// What the courier is told instead of what the template says.
    pub(super) fn overrides(&self) -> BTreeMap<String, String> {
        [
            ("HIKYAKU_PHP_URL", format!("{}/{PATH}", self.url())),
            ("HIKYAKU_PHP_KEY", self.key.clone()),
            ("HIKYAKU_PHP_KEY_FROM", String::new()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// What a courier is told whose template keeps the key elsewhere.
    pub(super) fn variable(&self) -> (String, String) {
        ("HIKYAKU_PHP_KEY".to_owned(), self.key.clone())
    }

    /// Starts it on a cloud, for clients that may ask for these names too, waits until it listens, and has it say what is wrong with its set-up.
    pub(super) async fn serve(self, cloud: &Cloud, hosts: &[String]) -> Result<Server, PhpError> {
        let variables = self.variables(cloud)?;
        let command = |port| self.web_server(port, &variables);
        let server = Server::start(hosts, self.port, self.workers, command).await?;
        self.check(&variables).await?;
        say!(
            "# The application answers at {}. Its artisan needs these besides:",
            self.url()
        );
        for (name, value) in variables.iter().filter(|(name, _)| !is_told(name)) {
            say!("{}={}", name, value);
        }
        Ok(server)
    }

    /// What the application would have in its `.env`.
    fn variables(&self, cloud: &Cloud) -> Result<BTreeMap<String, String>, PhpError> {
        let stack = cloud.stack();
        let queue_of = |name: &str| {
            stack
                .mappings
                .iter()
                .find(|mapping| mapping.function == name)
        };
        let couriers = stack.functions.iter();
        let (courier, mapping) = couriers
            .filter(|function| function.environment.contains_key("HIKYAKU_PHP_URL"))
            .find_map(|function| Some((function, queue_of(&function.name)?)))
            .ok_or(PhpError::NoCourier)?;
        let lines = cloud.environment_lines();
        let aws = lines.iter().filter_map(|line| line.split_once('='));
        let mut variables: BTreeMap<_, _> = aws
            .filter(|(name, _)| name.starts_with("AWS_"))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let account = stack
            .queues
            .iter()
            .find(|queue| queue.name == mapping.queue);
        let url = account.map_or("", |queue| &queue.url);
        let prefix = url
            .strip_suffix(&format!("/{}", mapping.queue))
            .unwrap_or_default();
        let own = [
            ("APP_URL", self.url()),
            ("QUEUE_CONNECTION", "sqs".to_owned()),
            ("SQS_PREFIX", prefix.to_owned()),
            ("SQS_QUEUE", mapping.queue.clone()),
            ("HIKYAKU_KEY", self.key.clone()),
            ("HIKYAKU_PATH", PATH.to_owned()),
        ];
        variables.extend(own.map(|(name, value)| (name.to_owned(), value)));
        if let Some(table) = courier.environment.get("HIKYAKU_FAILED_TABLE") {
            variables.insert("QUEUE_FAILED_TABLE".to_owned(), table.clone());
        }
        Ok(variables)
    }

    fn php(&self, variables: &BTreeMap<String, String>) -> Command {
        let mut command = Command::new("php");
        command
            .current_dir(&self.folder)
            .envs(variables)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// One process of the web server.
    fn web_server(&self, port: u16, variables: &BTreeMap<String, String>) -> Command {
        let mut command = self.php(variables);
        command
            .current_dir(self.folder.join("public"))
            // As behind PHP-FPM: what a job starts has its environment (a scheduled command, say).
            .args(["-d", "variables_order=EGPCS"])
            .arg("-S")
            .arg(format!("127.0.0.1:{port}"))
            .args(["-t", "."])
            .arg(&self.router);
        command
    }

    /// `php artisan hikyaku:check`. Jobs wait in their queue while something is wrong, so this is no reason to stop.
    async fn check(&self, variables: &BTreeMap<String, String>) -> Result<(), PhpError> {
        let url = format!("--url={}/{PATH}", self.url());
        let mut check = self.php(variables);
        check.args(["artisan", "hikyaku:check", "--no-ansi", &url]);
        let ended = check.output().await.map_err(PhpError::Start)?;
        for text in [&ended.stdout, &ended.stderr] {
            let text = String::from_utf8_lossy(text);
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            lines.for_each(show);
        }
        if !ended.status.success() {
            tell!(
                "warning: `php artisan hikyaku:check` is not content; docs/lane.md says how the application is set up"
            );
        }
        Ok(())
    }
}

/// What the lines for the application need not repeat, and what is nobody's business.
fn is_told(name: &str) -> bool {
    name.starts_with("AWS_") || name == "HIKYAKU_KEY"
}

/// The port itself, or one that nobody uses at the moment.
fn free(port: u16) -> Result<u16, PhpError> {
    let taken = |source| PhpError::Port { port, source };
    if port == 0 {
        return free_port().map_err(taken);
    }
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    bound.map(|_| port).map_err(taken)
}

/// A key of this run's own.
fn key() -> Option<String> {
    let half = || SystemRandom.secret().map(u128::from_be_bytes);
    Some(format!("{:032x}{:032x}", half()?, half()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(files: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let file = folder.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        }
        let found = Application::find(folder.path(), 0, 1);
        found.unwrap_err().to_string()
    }

    #[test]
    fn a_folder_without_an_application_is_named_with_what_it_lacks() {
        let error = refused(&["public/index.php"]);
        assert!(error.contains("it has no artisan"), "{error}");
        let error = refused(&["artisan"]);
        assert!(error.contains("it has no public/index.php"), "{error}");
    }

    #[test]
    fn an_application_that_would_not_hear_its_variables_is_refused() {
        let files = ["artisan", "public/index.php", "bootstrap/cache/config.php"];
        let error = refused(&files);
        assert!(error.contains("config:clear"), "{error}");
    }

    #[test]
    fn a_taken_port_is_named_with_the_option_that_changes_it() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = free(port).unwrap_err().to_string();
        assert!(
            error.contains(&port.to_string()) && error.contains("--php-port"),
            "{error}"
        );
    }

    #[test]
    fn each_run_has_a_key_of_its_own_that_is_long_enough() {
        let (one, other) = (key().unwrap(), key().unwrap());
        assert_eq!(one.len(), 64);
        assert_ne!(one, other);
    }
}
