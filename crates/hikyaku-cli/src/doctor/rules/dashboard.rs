//! The JSON inside dashboards.

use super::{Finding, Rule, Severity, Stack};

pub(super) static RULE: Rule = Rule {
    id: "dashboard-json",
    severity: Severity::Error,
    title: "A dashboard's body is not JSON",
    why: "The body is text to CloudFormation, so nothing looks into it before the deployment fails and is rolled back. In `!Sub`, \
          a `$` of CloudWatch's own is written `${!name}`.",
    page: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html",
    fix: "DashboardBody: !Sub '{\"widgets\": []}'",
    check,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for dashboard in stack.of_kind("AWS::CloudWatch::Dashboard") {
        let Some(body) = dashboard.at("DashboardBody") else {
            continue;
        };
        let fault = match body.text() {
            None => "`DashboardBody` is text that contains JSON, not YAML".to_owned(),
            Some(text) => match super::json::parsed(text) {
                Ok(value)
                    if value
                        .get("widgets")
                        .is_some_and(serde_json::Value::is_array) =>
                {
                    continue;
                }
                Ok(_) => "the body has no list of `widgets`".to_owned(),
                Err(error) => format!("the body is not JSON: {error}"),
            },
        };
        found.push(RULE.found(&dashboard.id, dashboard.line_of("DashboardBody"), fault));
    }
    found
}
