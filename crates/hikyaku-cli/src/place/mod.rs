//! Where an operator's command works: an AWS account, or the local cloud of `hikyaku dev`.

mod local;
mod pages;
mod profile;

use std::future::Future;

use clap::Args;
use hikyaku::config::{ConfigError, Credentials};
use hikyaku::ledger::DynamoDbLedger;
use hikyaku::signed::{Service, SignedClient, SignedError, SignedRequest};
use hikyaku::{Config, clients, dynamodb};
use serde_json::Value as Json;

#[cfg(test)]
pub(crate) use local::LocalFunction;
pub(crate) use local::{LocalCloud, LocalError, has_php};
pub(crate) use pages::List;

use crate::outcome::OperatorError;

/// What to do when a table cannot be read.
pub(crate) const ABOUT_TABLES: &str = "is this the right region, and are these the right tables? --ledger-table and \
                                       --failed-table, or HIKYAKU_LEDGER_TABLE and HIKYAKU_FAILED_TABLE, say what the \
                                       functions' environment says";

/// The options that all of the operator's commands have.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Where")]
pub(crate) struct Place {
    /// The cloud of `hikyaku dev`, as it stands in .hikyaku/local.json here or in a folder above; =FILE names another such
    /// file, =URL an emulator
    #[arg(long, value_name = "FILE|URL", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    local: Option<String>,
    /// The AWS region
    #[arg(long, value_name = "REGION", help = "The AWS region [env: AWS_REGION]")]
    region: Option<String>,
    /// A profile of the AWS CLI, which is asked for its keys
    #[arg(long, value_name = "NAME", conflicts_with = "local")]
    profile: Option<String>,
    /// The ledger
    #[arg(
        long,
        value_name = "TABLE",
        help = "The ledger [env: HIKYAKU_LEDGER_TABLE]"
    )]
    ledger_table: Option<String>,
    /// The failed jobs
    #[arg(
        long,
        value_name = "TABLE",
        help = "The failed jobs [env: HIKYAKU_FAILED_TABLE]"
    )]
    failed_table: Option<String>,
    /// Laravel's `APP_NAME`
    #[arg(
        long,
        value_name = "NAME",
        help = "Laravel's APP_NAME [env: HIKYAKU_APPLICATION]"
    )]
    application: Option<String>,
    /// Print JSON
    #[arg(long, help_heading = None::<&str>)]
    pub(crate) json: bool,
}

/// What a command reaches.
pub(crate) struct Reach {
    pub(crate) config: Config,
    pub(crate) dynamodb: dynamodb::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    /// The local cloud, if that is the place.
    pub(crate) local: Option<LocalCloud>,
    /// One address for every other service, if there is one.
    endpoint: Option<String>,
}

impl Place {
    /// Runs a command where the options say.
    pub(crate) fn run<T, F: Future<Output = Result<T, OperatorError>>>(
        &self,
        command: impl FnOnce(Reach) -> F,
    ) -> Result<T, OperatorError> {
        let reach = self.reach()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(OperatorError::Runtime)?;
        runtime.block_on(command(reach))
    }

    fn reach(&self) -> Result<Reach, OperatorError> {
        let (local, emulator) = match self.local.as_deref() {
            None => (None, None),
            Some(url) if url.contains("://") => (None, Some(url.trim_end_matches('/').to_owned())),
            Some(file) => (Some(LocalCloud::find(file)?), None),
        };
        let look_up = |name: &'static str| -> Result<Option<String>, ConfigError> {
            if let Some(given) = self.given(name, emulator.as_deref()) {
                return Ok(Some(given));
            }
            let of_local = local.as_ref().and_then(|local| local.variables.get(name));
            Ok(of_local.cloned().or_else(|| environment(name)))
        };
        let mut config = Config::from_lookup(look_up)?;
        let endpoint = match &local {
            Some(local) => Some(local.lambda.clone()),
            None => emulator.or_else(|| environment("AWS_ENDPOINT_URL")),
        };
        if self.local.is_some() {
            config.credentials.get_or_insert_with(of_nobody);
        } else {
            self.sign_in(&mut config)?;
        }
        Ok(Reach {
            dynamodb: clients::dynamodb(&config),
            sqs: clients::sqs(&config),
            config,
            local,
            endpoint,
        })
    }

    /// What the command line says for a variable.
    fn given(&self, name: &str, emulator: Option<&str>) -> Option<String> {
        match name {
            "AWS_REGION" => self.region.clone(),
            "HIKYAKU_LEDGER_TABLE" => self.ledger_table.clone(),
            "HIKYAKU_FAILED_TABLE" => self.failed_table.clone(),
            "HIKYAKU_APPLICATION" => self.application.clone(),
            "AWS_ENDPOINT_URL_DYNAMODB" | "AWS_ENDPOINT_URL_SQS" | "AWS_ENDPOINT_URL" => {
                emulator.map(str::to_owned)
            }
            _ => None,
        }
    }

    fn sign_in(&self, config: &mut Config) -> Result<(), OperatorError> {
        let region_is_given = self.region.is_some() || environment("AWS_REGION").is_some();
        if self.profile.is_none() && config.credentials.is_some() {
            if let Some(region) = environment("AWS_DEFAULT_REGION").filter(|_| !region_is_given) {
                config.region = region;
            }
            return Ok(());
        }
        let profile = self.profile.clone().or_else(|| environment("AWS_PROFILE"));
        config.credentials = Some(profile::credentials(profile.as_deref())?);
        if !region_is_given && let Some(region) = profile::region(profile.as_deref()) {
            config.region = region;
        }
        Ok(())
    }
}

impl Reach {
    /// The ledger.
    pub(crate) fn ledger(&self) -> DynamoDbLedger {
        DynamoDbLedger::new(self.dynamodb.clone(), &self.config)
    }

    /// One request to a service that has no client of its own here.
    pub(crate) async fn ask(
        &self,
        service: &'static str,
        request: SignedRequest,
    ) -> Result<Json, SignedError> {
        let endpoint = self.endpoint.as_deref();
        let service = Service::new(
            service,
            &self.config.region,
            self.config.dual_stack,
            endpoint,
        );
        SignedClient::of(&self.config, endpoint)
            .send(&service, request)
            .await
    }

    /// Whether Lambda is asked at the place where the tables are: not if only they are at an emulator's.
    pub(crate) fn has_lambda(&self) -> bool {
        self.endpoint.is_some() || self.config.dynamodb_endpoint.is_none()
    }

    /// Where this is, for messages.
    pub(crate) fn name(&self) -> String {
        match (&self.local, &self.endpoint) {
            (Some(_), _) => "the local cloud".to_owned(),
            (None, Some(endpoint)) => endpoint.clone(),
            (None, None) => format!("region {}", self.config.region),
        }
    }
}

/// An emulator asks for keys, and for no particular ones.
fn of_nobody() -> Credentials {
    Credentials {
        key_id: "local".to_owned(),
        secret: "local".to_owned(),
        session: None,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the command line adds to the configuration what a shell says: profiles, regions"
)]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
