//! Jobs that run as tasks of ECS: what is asked for, and what becomes of the message.

use std::time::Duration;

use hikyaku::Config;
use hikyaku::core::Courier;
use serde_json::{Value, json};

use super::server::{Server, status};
use super::{KEY, answered, parcel, verdict};
use crate::{ConfigError, HttpCourier, Settings};

const START: &str = r#"{"verdict":"start","task":"hikyaku:5f:2:task:3","number":1}"#;

fn settings(app: &str, ecs: &str, without: &str) -> Result<Settings, ConfigError> {
    let aws = Config::from_lookup(|name| {
        let value = match name {
            "AWS_REGION" => "eu-west-1",
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "local",
            _ => return Ok(None),
        };
        Ok(Some(value.to_owned()))
    });
    let lookup = |name: &str| {
        let value = match name {
            "HIKYAKU_PHP_URL" => app,
            "HIKYAKU_PHP_KEY" => KEY,
            "HIKYAKU_TASK_CLUSTER" => "web",
            "HIKYAKU_TASK_DEFINITION" => "app",
            "HIKYAKU_TASK_CONTAINER" => "php",
            "HIKYAKU_TASK_SUBNETS" => "subnet-1, subnet-2",
            "HIKYAKU_TASK_SECURITY_GROUPS" => "sg-1",
            "AWS_ENDPOINT_URL_ECS" => ecs,
            _ => return None,
        };
        (name != without).then(|| value.to_owned())
    };
    Settings::from_lookup(lookup, aws.unwrap())
}

/// The courier between an application that wants a task and an ECS that answers so.
fn between(app: &Server, ecs: &Server, without: &str) -> HttpCourier {
    let url = |server: &Server, path| format!("http://127.0.0.1:{}{path}", server.port);
    let settings = settings(&url(app, "/hikyaku/jobs"), &url(ecs, ""), without);
    HttpCourier::new(settings.unwrap()).unwrap().impatient()
}

fn app(answer: &'static str) -> Server {
    Server::answering(move |_, seen| Some(answered(seen, KEY, answer)))
}

fn ecs(line: &'static str, answer: &'static str) -> Server {
    Server::answering(move |_, _| {
        let header = "content-type: application/x-amz-json-1.1\r\n";
        Some(status(line, header, answer))
    })
}

const STARTED: &str = r#"{"tasks":[{"taskArn":"arn:aws:ecs:task/web/1"}],"failures":[]}"#;

#[tokio::test]
async fn a_task_is_started_as_the_application_wants_it_and_no_try_is_spent() {
    let (app, ecs) = (app(START), ecs("200 OK", STARTED));
    let courier = between(&app, &ecs, "");
    let first = verdict(&courier).await;
    assert!(first.contains("Snooze(40s)"), "{first}");
    assert!(first.contains("a task was started"), "{first}");
    assert_eq!(app.seen.lock().unwrap()[0].asked("tasks"), "1");
    verdict(&courier).await;
    let seen = ecs.seen.lock().unwrap();
    assert_eq!(
        seen[0].header("x-amz-target"),
        "AmazonEC2ContainerServiceV20141113.RunTask"
    );
    let asked: Vec<Value> = seen
        .iter()
        .map(|seen| serde_json::from_str(&seen.body).unwrap())
        .collect();
    assert_eq!(asked[0], asked[1], "asked again it is the same task");
    let token = asked[0]["clientToken"].as_str().unwrap();
    assert_eq!(token.len(), 64);
    let expected = json!({
        "cluster": "web", "taskDefinition": "app", "launchType": "FARGATE", "count": 1,
        "startedBy": "hikyaku-courier", "clientToken": token,
        "networkConfiguration": { "awsvpcConfiguration": {
            "subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED",
        } },
        "overrides": { "containerOverrides": [{
            "name": "php", "command": ["php", "artisan", "hikyaku:work-once"],
            "environment": [{ "name": "HIKYAKU_TASK", "value": "hikyaku:5f:2:task:3" }],
        }] },
    });
    assert_eq!(asked[0], expected);
}

#[tokio::test]
async fn a_task_that_did_not_come_up_has_a_successor_of_another_token() {
    let second = r#"{"verdict":"start","task":"hikyaku:5f:2:task:3","number":2}"#;
    let ecs = ecs("200 OK", STARTED);
    for answer in [START, second] {
        verdict(&between(&app(answer), &ecs, "")).await;
    }
    let seen = ecs.seen.lock().unwrap();
    let token = |index: usize| {
        let asked: Value = serde_json::from_str(&seen[index].body).unwrap();
        asked["clientToken"].clone()
    };
    assert_ne!(token(0), token(1));
}

#[tokio::test]
async fn a_task_that_cannot_be_started_spends_no_try_and_says_why() {
    let no_room = r#"{"tasks":[],"failures":[{"reason":"RESOURCE:MEMORY"}]}"#;
    let denied =
        r#"{"__type":"AccessDeniedException","message":"not authorized to perform: iam:PassRole"}"#;
    for (line, answer, why) in [
        ("200 OK", no_room, "RESOURCE:MEMORY"),
        ("400 Bad Request", denied, "iam:PassRole"),
    ] {
        let courier = between(&app(START), &ecs(line, answer), "");
        let error = courier.deliver(parcel()).await.unwrap_err();
        assert!(format!("{error:?}").contains("Snooze(40s)"), "{error:?}");
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[tokio::test]
async fn while_a_task_runs_the_message_waits_longer_each_time() {
    let ecs = ecs("200 OK", STARTED);
    let courier = between(&app(r#"{"verdict":"working"}"#), &ecs, "");
    let verdict = verdict(&courier).await;
    assert!(verdict.contains("Snooze(40s)"), "{verdict}");
    assert!(verdict.contains("a task runs the job"), "{verdict}");
    assert_eq!(ecs.requests(), 0);
    let late = hikyaku::core::Parcel {
        receives: 50,
        ..parcel()
    };
    let error = courier.deliver(late).await.unwrap_err();
    let longest = Duration::from_secs(640);
    assert!(
        format!("{error:?}").contains(&format!("{longest:?}")),
        "{error:?}"
    );
}

#[tokio::test]
async fn without_a_cluster_the_application_is_told_that_no_task_is_started() {
    let (app, ecs) = (app(START), ecs("200 OK", STARTED));
    let verdict = verdict(&between(&app, &ecs, "HIKYAKU_TASK_CLUSTER")).await;
    assert_eq!(app.seen.lock().unwrap()[0].asked("tasks"), "");
    assert!(verdict.contains("HIKYAKU_TASK_CLUSTER"), "{verdict}");
    assert_eq!(ecs.requests(), 0);
}

#[test]
fn with_a_cluster_the_rest_is_needed_too() {
    for name in [
        "HIKYAKU_TASK_DEFINITION",
        "HIKYAKU_TASK_CONTAINER",
        "HIKYAKU_TASK_SUBNETS",
        "HIKYAKU_TASK_SECURITY_GROUPS",
    ] {
        let error = settings("https://app.example.com/x", "https://ecs", name).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
}
