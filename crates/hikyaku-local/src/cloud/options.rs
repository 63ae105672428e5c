//! How a cloud is to be started.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;

use super::Endpoints;
use crate::clock::{SharedClock, SystemClock};
use crate::faults::Faults;
use crate::lambda::{Binaries, CargoBinaries, Limits, LogSink};

/// Ports, places and limits.
#[derive(Clone)]
pub struct Options {
    /// The port of SQS; 0 takes any.
    pub sqs_port: u16,
    /// The port of DynamoDB; 0 takes any.
    pub dynamodb_port: u16,
    /// The port of Lambda's Invoke API; 0 takes any.
    pub lambda_port: u16,
    /// The address they are open on. The functions' Runtime API is always on 127.0.0.1.
    pub bind: IpAddr,
    /// Names of this machine that clients may ask for, besides localhost, its own addresses and what containers call it.
    pub hosts: Vec<String>,
    /// The folder that DynamoDB is kept in; in memory without one.
    pub data: Option<PathBuf>,
    /// Values for the template's parameters.
    pub parameters: BTreeMap<String, String>,
    /// Where the functions' binaries are.
    pub binaries: Arc<dyn Binaries>,
    /// The time.
    pub clock: SharedClock,
    /// What becomes of the lines that functions write; `None` hands them to `tracing`.
    pub logs: Option<LogSink>,
    /// `AWS_LAMBDA_LOG_FORMAT` of every function that does not state its own: `Text` or `JSON`.
    pub log_format: String,
    /// `AWS_LAMBDA_LOG_LEVEL` of every function that does not state its own.
    pub log_level: String,
    /// What every function is told besides its variables in the template.
    pub variables: BTreeMap<String, String>,
    /// Values that take the place of the template's, in the functions whose template names the variable.
    pub overrides: BTreeMap<String, String>,
    /// Processes at a time, and how long they are kept.
    pub limits: Limits,
    /// What goes wrong between clients and the services; nothing without it.
    pub faults: Option<Faults>,
    /// Where functions are told that the services are, if not where they are: at a proxy of your own that stands before
    /// them.
    pub told: Option<Endpoints>,
}

impl Default for Options {
    /// The usual ports (SQS 9324, DynamoDB 8000, Lambda 9000) on 127.0.0.1, binaries from `target/debug`, everything in
    /// memory.
    fn default() -> Self {
        Self {
            sqs_port: 9324,
            dynamodb_port: 8000,
            lambda_port: 9000,
            bind: Ipv4Addr::LOCALHOST.into(),
            hosts: Vec::new(),
            data: None,
            parameters: BTreeMap::new(),
            binaries: Arc::new(CargoBinaries::new("target/debug")),
            clock: Arc::new(SystemClock),
            logs: None,
            log_format: "Text".to_owned(),
            log_level: "INFO".to_owned(),
            variables: BTreeMap::new(),
            overrides: BTreeMap::new(),
            limits: Limits::default(),
            faults: None,
            told: None,
        }
    }
}

impl Options {
    /// As the default, but on any free ports: for tests, which must not meet.
    pub fn on_free_ports() -> Self {
        Self {
            sqs_port: 0,
            dynamodb_port: 0,
            lambda_port: 0,
            ..Self::default()
        }
    }
}
