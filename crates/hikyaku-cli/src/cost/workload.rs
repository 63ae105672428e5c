//! A month's jobs, and what they ask of AWS.

use clap::{Args, ValueEnum};
use rust_decimal::Decimal;
use serde::Serialize;

use super::bill::{Bill, HOURS};
use super::measured::Measured;
use super::network::{self, Vpc};
use super::prices::{PriceError, Prices};
use super::quantities::{jobs_a_month, milliseconds};

/// A chunk of a request's or an answer's messages, which is billed as one request.
/// <https://aws.amazon.com/sqs/pricing/>
const CHUNK_KB: u32 = 64;
/// One receive or delete carries ten messages at most.
const SQS_BATCH: u32 = 10;
/// A poller that waits 20 s, SQS's longest, asks three times a minute.
const POLLS_PER_MINUTE: u32 = 3;
/// A job whose timeout is longer is kept alive by heartbeats, one every 30 s (ARCHITECTURE.md, Time).
const LONG_MS: u64 = 60_000;
const HEARTBEAT_MS: u64 = 30_000;
/// Queues that functions of template.yaml poll, and metrics that its alarms look at, without the PHP lane.
pub(super) const QUEUES: u32 = 4;
pub(super) const ALARM_METRICS: u32 = 14;

/// What runs in a month.
#[derive(Debug, Clone, Args)]
pub(crate) struct Workload {
    /// Jobs a month: 1000000, 1M, 500k, or a rate such as 30/min, 2/s, 10000/day
    #[arg(long, value_name = "N", default_value = "1M", value_parser = jobs_a_month)]
    pub(crate) jobs: Decimal,
    /// How long one job runs: 200ms, 2s, 1m30s
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = milliseconds)]
    pub(crate) duration: u64,
    /// The function's memory in MB; 1,769 is one whole processor
    #[arg(long, value_name = "MB", default_value_t = 256, value_parser = clap::value_parser!(u32).range(128..=10_240))]
    pub(crate) memory: u32,
    /// The function's processor
    #[arg(long, value_enum, default_value_t = Architecture::Arm64)]
    pub(crate) arch: Architecture,
    /// What a second delivery of a message does, which sets the writes to DynamoDB
    #[arg(long, value_enum, default_value_t = Guarantee::Once)]
    pub(crate) guarantee: Guarantee,
    /// Messages an invocation takes, if that many wait
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) batch: u32,
    /// The job's timeout; over 60 s its heartbeats are paid too [default: the duration]
    #[arg(long, value_name = "TIME", value_parser = milliseconds)]
    pub(crate) timeout: Option<u64>,
    /// How many of a hundred jobs are tried once more
    #[arg(long, value_name = "PERCENT", default_value = "0", value_parser = percent)]
    pub(crate) retries: Decimal,
    /// How many of a hundred invocations start a process
    #[arg(long, value_name = "PERCENT", default_value = "0", value_parser = percent)]
    pub(crate) cold: Decimal,
    /// How long such a start takes
    #[arg(long, value_name = "TIME", default_value = "20ms", value_parser = milliseconds)]
    pub(crate) init: u64,
    /// A message's size in KB
    #[arg(long, value_name = "KB", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) body: u32,
    /// How many queues are polled, day and night: by default those of this repository's template
    #[arg(long, value_name = "N", default_value_t = QUEUES)]
    pub(crate) queues: u32,
    /// Pollers of an idle queue: 5, or 2 where Lambda may save some, which it does not with `MaximumConcurrency`
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) pollers: u32,
    /// The queues are FIFO
    #[arg(long)]
    pub(crate) fifo: bool,
    /// Messages carry a `MessageGroupId` on a standard queue (fair queues)
    #[arg(long, conflicts_with = "fifo")]
    pub(crate) fair: bool,
    /// What a job writes to the logs, in KB: Lambda's three lines and one of ours by default
    #[arg(long, value_name = "KB", default_value = "1", value_parser = number)]
    pub(crate) log: Decimal,
    /// Metrics that CloudWatch alarms look at: by default those of this repository's template
    #[arg(long, value_name = "N", default_value_t = ALARM_METRICS)]
    pub(crate) alarms: u32,
    #[command(flatten)]
    pub(crate) measured: Measured,
    /// How many of a hundred jobs X-Ray records
    #[arg(long, value_name = "PERCENT", default_value = "0", value_parser = percent)]
    pub(crate) xray: Decimal,
    /// Event pollers in provisioned mode (at least 2), which are paid by the hour
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) provisioned_pollers: u32,
    #[command(flatten)]
    pub(crate) vpc: Vpc,
}

/// A processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Architecture {
    /// AWS Graviton
    Arm64,
    /// Intel or AMD
    #[value(name = "x86_64", alias = "x86")]
    #[serde(rename = "x86_64")]
    X86,
}

impl Architecture {
    /// As the prices' names have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86 => "x86_64",
        }
    }
}

/// A job type's guarantee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Guarantee {
    /// No ledger: a second delivery runs the job again
    AtLeastOnce,
    /// Claim and outcome: a second delivery never runs it
    AtMostOnce,
    /// Claim and outcome: runs again only if it did not finish
    Once,
    /// Claim, and one transaction with the job's own writes, which are not counted here
    Commit,
}

impl Guarantee {
    /// Write request units of an attempt that succeeds. A transaction charges each item twice.
    fn writes(self) -> u32 {
        match self {
            Self::AtLeastOnce => 0,
            Self::AtMostOnce | Self::Once => 2,
            Self::Commit => 3,
        }
    }

    fn keeps_a_ledger(self) -> bool {
        self.writes() > 0
    }
}

impl Workload {
    /// Jobs and the second attempts of those that are retried.
    fn attempts(&self) -> Decimal {
        self.jobs * (Decimal::ONE + self.retries)
    }

    fn invocations(&self) -> Decimal {
        self.attempts() / Decimal::from(self.batch)
    }

    /// Attempts that run at the same time, averaged over the month.
    pub(crate) fn concurrency(&self) -> Decimal {
        self.attempts() * seconds(self.duration) / (HOURS * Decimal::from(3600))
    }

    fn heartbeats(&self) -> Decimal {
        let timeout = self.timeout.unwrap_or(self.duration);
        let beats = if timeout > LONG_MS && self.guarantee.keeps_a_ledger() {
            self.duration / HEARTBEAT_MS
        } else {
            0
        };
        self.attempts() * Decimal::from(beats)
    }

    /// What the month costs on SQS, Lambda and DynamoDB.
    pub(crate) fn bill(&self, prices: &Prices) -> Result<Bill, PriceError> {
        let mut bill = Bill::default();
        self.bill_lambda(&mut bill, prices)?;
        self.bill_sqs(&mut bill, prices)?;
        self.bill_dynamodb(&mut bill, prices)?;
        self.bill_watching(&mut bill, prices)?;
        network::bill(&self.vpc, &mut bill, prices)?;
        Ok(bill)
    }

    fn bill_lambda(&self, bill: &mut Bill, prices: &Prices) -> Result<(), PriceError> {
        let running = self.attempts() * seconds(self.duration);
        let starting = self.invocations() * self.cold * seconds(self.init);
        let gigabytes = Decimal::from(self.memory) / Decimal::from(1024);
        let compute = format!("lambda.{}_gb_second", self.arch.name());
        bill.add(
            prices,
            "Lambda, jobs running",
            &compute,
            running * gigabytes,
        )?;
        bill.add(
            prices,
            "Lambda, processes starting",
            &compute,
            starting * gigabytes,
        )?;
        bill.add(
            prices,
            "Lambda, invocations",
            "lambda.request",
            self.invocations(),
        )?;
        let poller_hours = Decimal::from(self.provisioned_pollers) * HOURS;
        let poller = "lambda.event_poller_unit_hour";
        bill.add(prices, "Lambda, provisioned pollers", poller, poller_hours)
    }

    fn bill_sqs(&self, bill: &mut Bill, prices: &Prices) -> Result<(), PriceError> {
        let request = if self.fifo {
            "sqs.fifo_request"
        } else {
            "sqs.request"
        };
        let chunks = |kilobytes: u32| Decimal::from(kilobytes.div_ceil(CHUNK_KB));
        let per_batch = self.batch.min(SQS_BATCH);
        let batches = self.attempts() / Decimal::from(per_batch);
        let polls = Decimal::from(self.queues) * Decimal::from(self.pollers * POLLS_PER_MINUTE);
        let sends = self.jobs * chunks(self.body);
        bill.add(prices, "SQS, sending", request, sends)?;
        // What a receive answers with is one payload, however many messages there are in it.
        let receives = batches * chunks(per_batch * self.body);
        bill.add(prices, "SQS, receiving", request, receives)?;
        bill.add(prices, "SQS, deleting", request, batches)?;
        bill.add(
            prices,
            "SQS, polling idle queues",
            request,
            polls * Decimal::from(60) * HOURS,
        )?;
        let hidden = self.jobs * self.retries + self.heartbeats();
        bill.add(prices, "SQS, hiding messages again", request, hidden)?;
        let fair = if self.fair { sends } else { Decimal::ZERO };
        bill.add(prices, "SQS, fair queues", "sqs.fair_queue_surcharge", fair)
    }

    fn bill_dynamodb(&self, bill: &mut Bill, prices: &Prices) -> Result<(), PriceError> {
        let unit = "dynamodb.write_request_unit";
        let writes = self.attempts() * Decimal::from(self.guarantee.writes());
        bill.add(prices, "DynamoDB, claims and outcomes", unit, writes)?;
        bill.add(prices, "DynamoDB, heartbeats", unit, self.heartbeats())
    }

    fn bill_watching(&self, bill: &mut Bill, prices: &Prices) -> Result<(), PriceError> {
        let lines = self.invocations() * Decimal::from(self.measured.bytes(self.batch));
        let gigabytes =
            (self.attempts() * self.log + lines / Decimal::from(1024)) / Decimal::from(1_048_576);
        let alarms = Decimal::from(self.alarms);
        let traces = self.attempts() * self.xray;
        bill.add(prices, "CloudWatch, logs", "cloudwatch.logs_gb", gigabytes)?;
        bill.add(
            prices,
            "CloudWatch, alarms",
            "cloudwatch.alarm_month",
            alarms,
        )?;
        let metrics = Decimal::from(self.measured.count());
        bill.add(
            prices,
            "CloudWatch, custom metrics",
            "cloudwatch.metric_month",
            metrics,
        )?;
        bill.add(prices, "X-Ray, traces", "xray.trace", traces)
    }
}

pub(crate) fn seconds(milliseconds: u64) -> Decimal {
    Decimal::from(milliseconds) / Decimal::from(1000)
}

fn percent(text: &str) -> Result<Decimal, String> {
    let percent = number(text.trim_end_matches('%'))?;
    if percent > Decimal::from(1000) {
        return Err("more than ten times each is no plan".to_owned());
    }
    Ok(percent / Decimal::ONE_HUNDRED)
}

fn number(text: &str) -> Result<Decimal, String> {
    let number: Decimal = text
        .trim()
        .parse()
        .map_err(|_| "a number is expected".to_owned())?;
    if number.is_sign_negative() || number > Decimal::from(1_000_000) {
        return Err("a number from 0 to 1,000,000 is expected".to_owned());
    }
    Ok(number)
}
