//! The mappings of a cloud, to be listed and switched off and on.
//!
//! AWS Lambda API reference: `ListEventSourceMappings`, `GetEventSourceMapping` and `UpdateEventSourceMapping`, of which
//! only `Enabled` can be changed here.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::lambda::{failure, new_request_id, with_headers};
use crate::template::Mapping;

/// All mappings. Clones are handles to the same ones.
#[derive(Clone, Default)]
pub(crate) struct Switches {
    all: Arc<Vec<Switch>>,
}

/// One mapping.
pub(crate) struct Switch {
    uuid: String,
    settings: Mapping,
    queue_arn: String,
    function_arn: String,
    enabled: watch::Sender<bool>,
}

impl Switch {
    /// A mapping as its template has it.
    pub(crate) fn new(settings: Mapping, queue_arn: String, function_arn: String) -> Self {
        Self {
            uuid: new_request_id(),
            enabled: watch::Sender::new(settings.enabled),
            settings,
            queue_arn,
            function_arn,
        }
    }

    /// Whether it is on, from now on.
    pub(crate) fn watch(&self) -> watch::Receiver<bool> {
        self.enabled.subscribe()
    }

    fn to_json(&self, state: &str) -> Value {
        json!({
            "UUID": self.uuid,
            "BatchSize": self.settings.batch_size,
            "MaximumBatchingWindowInSeconds": self.settings.window.as_secs(),
            "EventSourceArn": self.queue_arn,
            "FunctionArn": self.function_arn,
            "State": state,
            "StateTransitionReason": "USER_INITIATED",
        })
    }

    fn shown(&self) -> Value {
        let enabled = *self.enabled.borrow();
        self.to_json(if enabled { "Enabled" } else { "Disabled" })
    }

    fn belongs_to(&self, function: &str) -> bool {
        let name = self.function_arn.rsplit(':').next();
        function == self.function_arn || Some(function) == name
    }
}

impl Switches {
    pub(crate) fn new(all: Vec<Switch>) -> Self {
        Self { all: Arc::new(all) }
    }

    fn find(&self, uuid: &str) -> Result<&Switch, Box<Response>> {
        let found = self.all.iter().find(|switch| switch.uuid == uuid);
        found.ok_or_else(|| {
            let message = format!("there is no event source mapping `{uuid}`");
            Box::new(failure(
                StatusCode::NOT_FOUND,
                "ResourceNotFoundException",
                &message,
            ))
        })
    }
}

/// The routes of the three operations.
pub(crate) fn routes(switches: Switches) -> Router {
    const ALL: &str = "/2015-03-31/event-source-mappings";
    Router::new()
        .route(ALL, get(list))
        .route("/2015-03-31/event-source-mappings/", get(list))
        .route(
            "/2015-03-31/event-source-mappings/{uuid}",
            get(one).put(update),
        )
        .with_state(switches)
}

async fn list(State(switches): State<Switches>, RawQuery(query): RawQuery) -> Response {
    let wanted = |wanted: &str| {
        let query = query.as_deref().unwrap_or_default();
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        let found = pairs.find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.into_owned())
    };
    let (of_queue, of_function) = (wanted("EventSourceArn"), wanted("FunctionName"));
    let chosen = switches.all.iter().filter(|switch| {
        let from_it = of_queue.as_ref().is_none_or(|arn| *arn == switch.queue_arn);
        from_it
            && of_function
                .as_ref()
                .is_none_or(|name| switch.belongs_to(name))
    });
    let shown: Vec<_> = chosen.map(Switch::shown).collect();
    answer(StatusCode::OK, &json!({ "EventSourceMappings": shown }))
}

async fn one(State(switches): State<Switches>, Path(uuid): Path<String>) -> Response {
    match switches.find(&uuid) {
        Ok(switch) => answer(StatusCode::OK, &switch.shown()),
        Err(refusal) => *refusal,
    }
}

async fn update(
    State(switches): State<Switches>,
    Path(uuid): Path<String>,
    body: Bytes,
) -> Response {
    let switch = match switches.find(&uuid) {
        Ok(switch) => switch,
        Err(refusal) => return *refusal,
    };
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let only = asked.as_object().filter(|members| members.len() == 1);
    let Some(enabled) = only.and_then(|members| members.get("Enabled")?.as_bool()) else {
        return failure(
            StatusCode::BAD_REQUEST,
            "InvalidParameterValueException",
            "only `Enabled` can be changed here; change the template for the rest",
        );
    };
    switch.enabled.send_replace(enabled);
    let state = if enabled { "Enabling" } else { "Disabling" };
    answer(StatusCode::ACCEPTED, &switch.to_json(state))
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let headers = [("content-type", "application/json".to_owned())];
    with_headers(status, Body::from(body.to_string()), headers)
}
