//! Failed jobs in Laravel's DynamoDB table: partition key `application`, sort key `uuid`.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::day::Day;
use crate::failed_jobs::{FailedJob, FailedJobs, FailedJobsError, Page, name_in};
use crate::text::first_line;

/// The failed jobs of one application in one table.
#[derive(Debug)]
pub(crate) struct DynamoDbFailedJobs {
    client: Client,
    table: String,
    application: String,
}

/// What is fetched of an item. It is charged by its whole size all the same; this spares the transfer of the rest.
const ATTRIBUTES: [&str; 6] = [
    "uuid",
    "connection",
    "queue",
    "payload",
    "exception",
    "failed_at",
];

impl DynamoDbFailedJobs {
    /// The jobs of `application`, which is Laravel's `APP_NAME`, in `table`.
    pub(crate) fn new(client: Client, table: String, application: String) -> Self {
        Self {
            client,
            table,
            application,
        }
    }

    fn query(&self, day: &Day, after: Option<String>) -> QueryFluentBuilder {
        // `connection`, `uuid` and others are reserved words: every name goes in by way of a placeholder.
        let names = ATTRIBUTES.iter().chain(&["application"]);
        let start = after.map(|uuid| self.key(uuid));
        self.client
            .query()
            .table_name(&self.table)
            .set_expression_attribute_names(Some(
                names
                    .map(|name| (format!("#{name}"), (*name).to_owned()))
                    .collect(),
            ))
            .key_condition_expression("#application = :application")
            .filter_expression("#failed_at >= :from AND #failed_at < :to")
            .projection_expression(ATTRIBUTES.map(|name| format!("#{name}")).join(", "))
            .expression_attribute_values(
                ":application",
                AttributeValue::S(self.application.clone()),
            )
            .expression_attribute_values(":from", AttributeValue::N(day.from().to_string()))
            .expression_attribute_values(":to", AttributeValue::N(day.to().to_string()))
            .set_exclusive_start_key(start)
    }

    fn key(&self, uuid: String) -> HashMap<String, AttributeValue> {
        let application = AttributeValue::S(self.application.clone());
        HashMap::from([
            ("application".to_owned(), application),
            ("uuid".to_owned(), AttributeValue::S(uuid)),
        ])
    }
}

impl FailedJobs for DynamoDbFailedJobs {
    async fn page(&self, day: &Day, after: Option<String>) -> Result<Page, FailedJobsError> {
        let answer = self
            .query(day, after)
            .send()
            .await
            .map_err(|error| FailedJobsError {
                application: self.application.clone(),
                table: self.table.clone(),
                source: error.into(),
            })?;
        Ok(Page {
            jobs: answer.items().iter().map(failed_job).collect(),
            next: answer
                .last_evaluated_key()
                .map(|key| text(key, "uuid").to_owned()),
        })
    }
}

/// An item as a failed job. What is missing is empty: a report about failures must not fail over one of them.
fn failed_job(item: &HashMap<String, AttributeValue>) -> FailedJob {
    let failed_at = item
        .get("failed_at")
        .and_then(|value| value.as_n().ok()?.parse().ok());
    FailedJob {
        failed_at: failed_at.unwrap_or_default(),
        uuid: text(item, "uuid").to_owned(),
        name: name_in(text(item, "payload")),
        connection: first_line(text(item, "connection")),
        queue: first_line(text(item, "queue")),
        exception: first_line(text(item, "exception")),
    }
}

fn text<'a>(item: &'a HashMap<String, AttributeValue>, attribute: &str) -> &'a str {
    item.get(attribute)
        .and_then(|value| value.as_s().ok())
        .map_or("", String::as_str)
}
