//! The whole local cloud, started from one template.

mod address;
mod dead_letters;
mod error;
mod fault_ports;
mod options;
mod outbox;
mod scheduler;
mod trace_header;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;

use crate::clock::SharedClock;
use crate::dynamodb::DynamoDb;
use crate::event::{Event, Events};
use crate::faults::Struck;
use crate::guard::Guard;
use crate::lambda::{Host, Lambda, Surroundings};
use crate::mapping::{Poller, Source, Switch, Switches};
use crate::sqs::{Identity, QueueName, Sqs};
use crate::tasks::Tasks;
use crate::template::{Environment, Function, Mapping, Queue, Stack, Template};
use crate::watch::Watch;

pub use address::Endpoints;
pub use error::{CloudError, Service};
pub use options::Options;

use address::Listeners;

/// How long tasks may take to end when the cloud stops. Functions are killed at once; this is for answers on their way.
const GRACE: Duration = Duration::from_secs(2);

/// A running local cloud. Stop it with [`stop`](Self::stop): dropping it kills the functions without waiting for their last
/// lines.
pub struct Cloud {
    stack: Stack,
    endpoints: Endpoints,
    surroundings: Surroundings,
    sqs: Sqs,
    lambda: Lambda,
    watch: Watch,
    dynamodb: DynamoDb,
    events: Events,
    struck: Option<Struck>,
    tasks: Tasks,
}

impl Cloud {
    /// Opens the ports, creates what the template describes, and starts to work. Functions start when they are invoked.
    pub async fn start(template: &Template, options: Options) -> Result<Self, CloudError> {
        let mut listeners = Listeners::bind(&options).await?;
        let endpoints = listeners.endpoints.clone();
        let environment = Environment {
            parameters: options.parameters.clone(),
            ..Environment::new(&endpoints.sqs)
        };
        let stack = template.resolve(&environment).map_err(Box::new)?;
        let surroundings = surroundings(&environment, &endpoints, &options);

        let dynamodb = DynamoDb::open(options.data.as_deref())?;
        for table in &stack.tables {
            dynamodb.create_table(table)?;
        }
        let identity = Identity {
            region: environment.region.clone(),
            account: environment.account.clone(),
        };
        let sqs = Sqs::new(options.clock.clone(), identity);
        create_queues(&sqs, &stack.queues)?;

        let tasks = Tasks::new();
        let struck = match options.faults.clone() {
            Some(faults) => Some(
                fault_ports::stand_before(&mut listeners, faults, &options.clock, &tasks).await?,
            ),
            None => None,
        };
        let mut host = Host::new(
            options.clock.clone(),
            options.binaries.clone(),
            tasks.clone(),
        );
        host.surroundings = surroundings.clone();
        host.limits = options.limits;
        if let Some(logs) = options.logs.clone() {
            host.logs = logs;
        }
        let names = stack.functions.iter().map(|function| function.name.clone());
        let watch = Watch::new(options.clock.clone(), names);
        host.logs = watch.before(host.logs);
        let events = host.events.clone();
        let lambda = Lambda::new(stack.functions.clone(), host, outbox::of(sqs.clone()));

        let cloud = Self {
            stack,
            endpoints,
            surroundings,
            sqs,
            lambda,
            watch,
            dynamodb,
            events,
            struck,
            tasks,
        };
        let guard = Guard::new(options.bind, &options.hosts);
        cloud.begin(listeners, &guard, &options.clock)?;
        Ok(cloud)
    }

    /// Where the three services answer.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// What the template describes.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// The lines that point an application at this cloud: endpoints, region, credentials that open nothing, and the URL of
    /// every queue under the name of its resource.
    pub fn environment_lines(&self) -> Vec<String> {
        let variables = self.surroundings.aws_variables();
        let mut lines: Vec<String> = variables
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let urls = self
            .stack
            .queues
            .iter()
            .map(|queue| format!("{}_URL={}", shouting(&queue.logical_id), queue.url));
        lines.extend(urls);
        lines
    }

    /// SQS, without the way over HTTP.
    pub fn sqs(&self) -> &Sqs {
        &self.sqs
    }

    /// Lambda, without the way over HTTP.
    pub fn lambda(&self) -> &Lambda {
        &self.lambda
    }

    /// DynamoDB, without the way over HTTP.
    pub fn dynamodb(&self) -> &DynamoDb {
        &self.dynamodb
    }

    /// What the fault ports have done, if there are any.
    pub fn faults(&self) -> Option<&Struck> {
        self.struck.as_ref()
    }

    /// What happens from now on.
    pub fn watch(&self) -> broadcast::Receiver<Event> {
        self.events.watch()
    }

    /// Stops everything. Functions are killed, also those that work: their messages are not deleted, as when a real
    /// function dies. Returns when every last line was forwarded.
    pub async fn stop(self) {
        self.tasks.stop(GRACE).await;
        self.lambda.stop().await;
    }

    fn begin(
        &self,
        listeners: Listeners,
        guard: &Guard,
        clock: &SharedClock,
    ) -> Result<(), CloudError> {
        let sqs = crate::sqs::routes(self.sqs.clone())
            .layer(axum::middleware::from_fn(trace_header::keep));
        address::serve(listeners.sqs, guard, sqs, &self.tasks);
        let watch = self.watch.clone();
        let written = Arc::new(move |table: &str, units| watch.count_writes(table, units));
        let dynamodb = self.dynamodb.routes(&self.tasks, written);
        address::serve(listeners.dynamodb, guard, dynamodb, &self.tasks);
        self.dynamodb.sweep_on(clock.clone(), &self.tasks);
        let mut switches = Vec::new();
        for mapping in &self.stack.mappings {
            let source = self.source(mapping, clock)?;
            let arns = (source.queue_arn.clone(), source.function.arn.clone());
            let switch = Switch::new(mapping.clone(), arns.0, arns.1);
            let poller = Poller::new(source).switched_by(switch.watch());
            self.tasks.spawn(poller.run(self.tasks.clone()));
            switches.push(switch);
        }
        let lambda = crate::lambda::routes(self.lambda.clone())
            .merge(crate::mapping::routes(Switches::new(switches)))
            .merge(crate::watch::routes(self.watch.clone()));
        address::serve(listeners.lambda, guard, lambda, &self.tasks);
        let counted = self.watch.clone().count_invocations(self.events.watch());
        self.tasks.spawn_until_stopped(counted);
        let measured = self.watch.clone().measure_queues(self.sqs.clone());
        self.tasks.spawn_until_stopped(measured);
        dead_letters::watch(&self.sqs, &self.events, clock, &self.tasks);
        scheduler::run(
            &self.stack,
            &self.sqs,
            &self.lambda,
            &self.events,
            clock,
            &self.tasks,
        );
        Ok(())
    }

    fn source(&self, mapping: &Mapping, clock: &SharedClock) -> Result<Source, CloudError> {
        let queue = self.sqs.queue_by_name(&mapping.queue)?;
        let function: Function = self.lambda.function(&mapping.function)?.clone();
        let room = self.lambda.concurrency(&mapping.function)?;
        Ok(Source {
            settings: mapping.clone(),
            queue_arn: self.sqs.identity().arn(&queue),
            queue,
            // Where the template reserves concurrency, too many batches are throttled, as on AWS.
            room: function.reserved_concurrency.is_none().then_some(room),
            function,
            sqs: self.sqs.clone(),
            invoke: Arc::new(self.lambda.clone()),
            clock: clock.clone(),
            events: self.events.clone(),
        })
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.tasks.abort();
    }
}

fn surroundings(
    environment: &Environment,
    endpoints: &Endpoints,
    options: &Options,
) -> Surroundings {
    let endpoints = options.told.as_ref().unwrap_or(endpoints);
    Surroundings {
        region: environment.region.clone(),
        sqs_endpoint: Some(endpoints.sqs.clone()),
        dynamodb_endpoint: Some(endpoints.dynamodb.clone()),
        log_format: options.log_format.clone(),
        log_level: options.log_level.clone(),
        variables: options.variables.clone(),
        overrides: options.overrides.clone(),
    }
}

/// Dead-letter queues come before the queues that name them.
fn create_queues(sqs: &Sqs, queues: &[Queue]) -> Result<(), CloudError> {
    for queue in queues {
        let mut attributes = queue.attributes();
        attributes.retain(|name, _| name != "RedrivePolicy" && name != "RedriveAllowPolicy");
        sqs.create_queue(&queue.name, &attributes)?;
    }
    for queue in queues {
        let mut policies = queue.attributes();
        policies.retain(|name, _| name == "RedrivePolicy" || name == "RedriveAllowPolicy");
        if !policies.is_empty() {
            sqs.set_attributes(&QueueName::new(&queue.name)?, &policies)?;
        }
    }
    Ok(())
}

/// `ImportCsvQueue` as `IMPORT_CSV_QUEUE`.
fn shouting(logical_id: &str) -> String {
    let mut name = String::new();
    let mut after_small = false;
    for letter in logical_id.chars() {
        if letter.is_ascii_uppercase() && after_small {
            name.push('_');
        }
        after_small = !letter.is_ascii_uppercase();
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests;
