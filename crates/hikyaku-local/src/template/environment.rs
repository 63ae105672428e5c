//! Where a template is resolved: what AWS would know and a file cannot.

use std::collections::BTreeMap;

/// The account, region and addresses a stack would live in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`, twelve digits.
    pub account: String,
    /// `AWS::StackName`, the first part of generated names.
    pub stack_name: String,
    /// Values for parameters, in place of their defaults. A name the template does not declare is an error.
    pub parameters: BTreeMap<String, String>,
    /// What queue URLs begin with, without a slash at the end: `<base>/<account>/<name>`.
    pub queue_url_base: String,
}

impl Environment {
    /// Region `us-east-1`, account `000000000000`, stack `local`, no parameters.
    pub fn new(queue_url_base: impl Into<String>) -> Self {
        Self {
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
            stack_name: "local".to_owned(),
            parameters: BTreeMap::new(),
            queue_url_base: queue_url_base.into(),
        }
    }

    /// `AWS::Partition`, as the region has it.
    pub fn partition(&self) -> &'static str {
        match self.region.split('-').next() {
            Some("cn") => "aws-cn",
            Some("us") if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// `AWS::URLSuffix`, as the region has it.
    pub fn url_suffix(&self) -> &'static str {
        if self.region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        }
    }

    /// The URL of a queue.
    pub fn queue_url(&self, name: &str) -> String {
        format!(
            "{}/{}/{name}",
            self.queue_url_base.trim_end_matches('/'),
            self.account
        )
    }

    /// `arn:<partition>:<service>:<region>:<account>:<resource>`.
    pub(super) fn arn(&self, service: &str, resource: &str) -> String {
        format!(
            "arn:{}:{service}:{}:{}:{resource}",
            self.partition(),
            self.region,
            self.account
        )
    }
}
