//! What runs day and night today, and how much of it a month's jobs need.

use clap::Args;
use rust_decimal::Decimal;

use super::bill::{Bill, HOURS};
use super::prices::{PriceError, Prices};
use super::quantities::containers;
use super::workload::{Architecture, Workload, seconds};

/// With this memory a Lambda function has one whole processor.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
const WHOLE_PROCESSOR_MB: u32 = 1_769;
/// `queue:work` processes that one processor carries when jobs mostly wait for others.
const WAITING_PROCESSES: u32 = 8;

/// The always-on side.
#[derive(Debug, Clone, Args)]
pub(crate) struct Present {
    /// Queue containers on Fargate, as 2x0.5vcpu/1gb; `none` for none
    #[arg(long, value_name = "N", default_value = "2x0.5vcpu/1gb", value_parser = fleet)]
    pub(crate) containers: Fleet,
    /// Their processor
    #[arg(long, value_enum, default_value_t = Architecture::X86)]
    pub(crate) container_arch: Architecture,
    /// They run on Fargate Spot, whose price floats
    #[arg(long)]
    pub(crate) spot: bool,
    /// Jobs that one of them does at once [default: 8 for each processor, or 1 if a job needs a whole one]
    #[arg(long, value_name = "N", value_parser = parallel)]
    pub(crate) parallel: Option<Decimal>,
    /// How much of a container's time may be used on average; the rest is for peaks
    #[arg(long, value_name = "PERCENT", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) use_percent: u32,
    /// An EC2 instance instead of containers, as t4g.small
    #[arg(long, value_name = "TYPE", conflicts_with_all = ["containers", "spot"])]
    pub(crate) instance: Option<String>,
    /// The cache that holds the queue, as cache.t4g.micro or cache.t4g.micro:valkey; `none` for none
    #[arg(long, value_name = "TYPE", default_value = "cache.t4g.micro")]
    pub(crate) cache: String,
    /// The cache stays, for sessions or the application's own cache: nothing is saved there
    #[arg(long)]
    pub(crate) keep_redis: bool,
    /// A database that only the queue needs, as db.t4g.micro
    #[arg(long, value_name = "TYPE")]
    pub(crate) database: Option<String>,
    /// Scheduler containers (cron), of the same size, that go too
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) cron_containers: u32,
}

/// Containers of one size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fleet {
    pub(crate) count: u32,
    pub(crate) processors: Decimal,
    pub(crate) memory_gb: Decimal,
}

fn fleet(text: &str) -> Result<Fleet, String> {
    if text == "none" {
        return Ok(Fleet {
            count: 0,
            processors: Decimal::ONE,
            memory_gb: Decimal::ONE,
        });
    }
    let (count, processors, memory_gb) = containers(text)?;
    Ok(Fleet {
        count,
        processors,
        memory_gb,
    })
}

fn parallel(text: &str) -> Result<Decimal, String> {
    match text.parse::<Decimal>() {
        Ok(jobs) if jobs > Decimal::ZERO && jobs <= Decimal::ONE_THOUSAND => Ok(jobs),
        _ => Err("a number over 0 and up to 1000 is expected".to_owned()),
    }
}

impl Present {
    /// Seconds of jobs that one container gets through in a second.
    fn throughput(&self, workload: &Workload) -> Decimal {
        let processors = self.containers.processors;
        self.parallel.unwrap_or_else(|| {
            if workload.memory < WHOLE_PROCESSOR_MB {
                processors * Decimal::from(WAITING_PROCESSES)
            } else {
                processors
            }
        })
    }

    /// Jobs a month that one container gets through at the planned use.
    fn capacity(&self, workload: &Workload) -> Decimal {
        let used = Decimal::from(self.use_percent) / Decimal::ONE_HUNDRED;
        let seconds_a_month = HOURS * Decimal::from(3600) * used;
        seconds_a_month * self.throughput(workload) / seconds(workload.duration)
    }

    /// Jobs a month that today's containers get through; none for an instance, of whose processors nothing is known.
    pub(crate) fn jobs_today(&self, workload: &Workload) -> Option<Decimal> {
        let has_containers = self.instance.is_none() && self.containers.count > 0;
        has_containers
            .then(|| self.capacity(workload) * Decimal::from(self.containers.count))
            .map(|jobs| jobs.floor())
    }

    /// How many containers the jobs need; at least as many as there are.
    pub(crate) fn needed(&self, workload: &Workload) -> Decimal {
        let today = Decimal::from(self.containers.count);
        if self.containers.count == 0 {
            return today;
        }
        (workload.jobs / self.capacity(workload)).ceil().max(today)
    }

    /// What the month costs with as many containers as the jobs need.
    pub(crate) fn bill(&self, workload: &Workload, prices: &Prices) -> Result<Bill, PriceError> {
        self.bill_of(self.needed(workload), prices)
    }

    /// What the month costs as it is today.
    pub(crate) fn bill_today(&self, prices: &Prices) -> Result<Bill, PriceError> {
        self.bill_of(Decimal::from(self.containers.count), prices)
    }

    fn bill_of(&self, count: Decimal, prices: &Prices) -> Result<Bill, PriceError> {
        let mut bill = Bill::default();
        if let Some(instance) = &self.instance {
            bill.add(
                prices,
                format!("EC2, {instance}"),
                &format!("ec2.{instance}"),
                HOURS,
            )?;
        } else {
            self.bill_fargate("queue containers", count, &mut bill, prices)?;
        }
        let cron = Decimal::from(self.cron_containers);
        self.bill_fargate("cron containers", cron, &mut bill, prices)?;
        if self.cache != "none" && !self.keep_redis {
            let name = format!("elasticache.{}", self.cache);
            bill.add(prices, format!("ElastiCache, {}", self.cache), &name, HOURS)?;
        }
        if let Some(database) = &self.database {
            bill.add(
                prices,
                format!("RDS, {database}"),
                &format!("rds.{database}"),
                HOURS,
            )?;
        }
        Ok(bill)
    }

    fn bill_fargate(
        &self,
        what: &str,
        count: Decimal,
        bill: &mut Bill,
        prices: &Prices,
    ) -> Result<(), PriceError> {
        let architecture = self.container_arch.name();
        let factor = if self.spot {
            prices.price("fargate.spot_factor")?.usd
        } else {
            Decimal::ONE
        };
        let Fleet {
            processors,
            memory_gb,
            ..
        } = self.containers;
        for (part, size) in [("vcpu", processors), ("gb", memory_gb)] {
            let name = format!("fargate.{architecture}_{part}_hour");
            let label = if part == "vcpu" {
                "processors"
            } else {
                "memory"
            };
            let what = format!("{count} {what}, {label}");
            bill.add_reduced(prices, what, &name, count * size * HOURS, factor)?;
        }
        Ok(())
    }
}
