//! Jobs that are too long for a request: each attempt is a one-off task of ECS, on the application's own image.

use hikyaku::Config;
use hikyaku::signed::{Service, SignedClient, SignedError, SignedRequest};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::answer::Start;
use crate::config::ConfigError;

/// How tasks are started. All but the public address are needed.
///
/// | variable | what it says |
/// |---|---|
/// | `HIKYAKU_TASK_CLUSTER` | the cluster; without it no task is started, and the rest is not read |
/// | `HIKYAKU_TASK_DEFINITION` | the application's task definition: a family, or one with a revision |
/// | `HIKYAKU_TASK_CONTAINER` | the container in it that has the application |
/// | `HIKYAKU_TASK_SUBNETS` | subnets, separated by commas |
/// | `HIKYAKU_TASK_SECURITY_GROUPS` | security groups, separated by commas |
/// | `HIKYAKU_TASK_PUBLIC_IP` | `true` in subnets without a NAT gateway, for the image to be pulled. Default `false` |
/// | `AWS_ENDPOINT_URL_ECS` | where ECS is, if not at AWS's own address |
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskSettings {
    /// `HIKYAKU_TASK_CLUSTER`.
    pub cluster: String,
    /// `HIKYAKU_TASK_DEFINITION`.
    pub definition: String,
    /// `HIKYAKU_TASK_CONTAINER`.
    pub container: String,
    /// `HIKYAKU_TASK_SUBNETS`.
    pub subnets: Vec<String>,
    /// `HIKYAKU_TASK_SECURITY_GROUPS`.
    pub security_groups: Vec<String>,
    /// `HIKYAKU_TASK_PUBLIC_IP`.
    pub public_ip: bool,
    /// `AWS_ENDPOINT_URL_ECS`.
    pub endpoint: Option<String>,
}

impl TaskSettings {
    /// Reads the variables that `lookup` knows. `None`: no cluster is named.
    pub(crate) fn from_lookup(
        lookup: impl Fn(&'static str) -> Option<String>,
    ) -> Result<Option<Self>, ConfigError> {
        let Some(cluster) = lookup("HIKYAKU_TASK_CLUSTER") else {
            return Ok(None);
        };
        let needed = |name| lookup(name).ok_or(ConfigError::Missing(name));
        let list = |name| needed(name).map(|text| names(&text));
        Ok(Some(Self {
            cluster,
            definition: needed("HIKYAKU_TASK_DEFINITION")?,
            container: needed("HIKYAKU_TASK_CONTAINER")?,
            subnets: list("HIKYAKU_TASK_SUBNETS")?,
            security_groups: list("HIKYAKU_TASK_SECURITY_GROUPS")?,
            public_ip: match lookup("HIKYAKU_TASK_PUBLIC_IP").as_deref() {
                None | Some("false") => false,
                Some("true") => true,
                Some(other) => return Err(ConfigError::PublicIp(other.to_owned())),
            },
            endpoint: lookup("AWS_ENDPOINT_URL_ECS"),
        }))
    }
}

fn names(text: &str) -> Vec<String> {
    let names = text.split(',').map(str::trim);
    let names = names.filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// Starts tasks.
#[derive(Debug, Clone)]
pub(crate) struct Tasks {
    settings: TaskSettings,
    service: Service,
    client: SignedClient,
}

/// A task was not started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotStarted {
    #[error("no task could be started for the job")]
    Refused(#[source] SignedError),
    #[error("no task could be started for the job: ecs says {0}")]
    Failed(String),
}

impl Tasks {
    pub(crate) fn new(settings: TaskSettings, aws: &Config) -> Self {
        let endpoint = settings.endpoint.as_deref();
        Self {
            service: Service::new("ecs", &aws.region, aws.dual_stack, endpoint),
            client: SignedClient::of(aws, endpoint),
            settings,
        }
    }

    /// Starts a task, unless this very one was started before. Answers with its ARN. One request.
    pub(crate) async fn start(&self, start: &Start) -> Result<String, NotStarted> {
        const TARGET: &str = "AmazonEC2ContainerServiceV20141113.RunTask";
        let request = SignedRequest::json(TARGET, "1.1", &self.request(start));
        let sent = self.client.send(&self.service, request).await;
        let answer = sent.map_err(NotStarted::Refused)?;
        match answer["tasks"][0]["taskArn"].as_str() {
            Some(arn) => Ok(arn.to_owned()),
            None => Err(NotStarted::Failed(failures(&answer))),
        }
    }

    /// The job itself does not fit into it: overrides have at most 8,192 characters
    /// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html>).
    fn request(&self, start: &Start) -> Value {
        let TaskSettings {
            cluster,
            definition,
            container,
            subnets,
            security_groups,
            public_ip,
            ..
        } = &self.settings;
        let public_ip = if *public_ip { "ENABLED" } else { "DISABLED" };
        json!({
            "cluster": cluster,
            "taskDefinition": definition,
            "launchType": "FARGATE",
            "count": 1,
            "startedBy": "hikyaku-courier",
            "clientToken": token(start),
            "networkConfiguration": { "awsvpcConfiguration": {
                "subnets": subnets, "securityGroups": security_groups, "assignPublicIp": public_ip,
            } },
            "overrides": { "containerOverrides": [{
                "name": container,
                "command": ["php", "artisan", "hikyaku:work-once"],
                "environment": [{ "name": "HIKYAKU_TASK", "value": start.task }],
            }] },
        })
    }
}

/// ECS starts one task for a token, which has at most 64 characters
/// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html>).
fn token(start: &Start) -> String {
    let text = format!("{}:{}", start.task, start.number);
    crate::keys::hex(&Sha256::digest(text))
}

/// `RunTask` answers 200 when there is no room, too, and says why.
fn failures(answer: &Value) -> String {
    let failures = answer["failures"].as_array().into_iter().flatten();
    let reasons: Vec<_> = failures
        .filter_map(|failure| failure["reason"].as_str())
        .collect();
    if reasons.is_empty() {
        "nothing of a task".to_owned()
    } else {
        reasons.join(", ")
    }
}
