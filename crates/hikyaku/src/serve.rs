//! Serving: under Lambda a function, from a shell a command.

use std::sync::Arc;
use std::time::Duration;

use hikyaku_core::{Guarantee, Ports, Timestamp, Worker};
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use serde_json::value::RawValue;
use tracing::Instrument;
use tracing::level_filters::LevelFilter;

use crate::ledger::DynamoDbLedger;
use crate::{
    Config, Error, Function, JobThreads, SqsQueue, SystemClock, SystemRandom, clients, command,
    laravel, logs,
};

/// How long init may wait for the ledger's connection. Init has ten seconds (AWS Lambda developer guide, "Runtime
/// environment lifecycle"), and a ledger that is down must not keep the function from saying so per job.
const CONNECT_PATIENCE: Duration = Duration::from_secs(2);

/// Serves `worker`: as a Lambda function when Lambda has started the process, and as a command otherwise
/// (`NAME run --data '{…}'`, `NAME run --event FILE`, `NAME describe --json`).
///
/// Under Lambda it opens the ledger's connection first, while the processor is not throttled. There it does not return: what
/// keeps the function from serving is logged, as JSON at `ERROR`, and ends the process.
///
/// # Errors
/// The environment cannot be read, or the command did not succeed.
pub async fn serve<S: Send + Sync + 'static>(worker: Worker<S>) -> Result<(), Error> {
    match Box::pin(served(worker)).await {
        Err(error) if Config::is_under_lambda() => end_process(&error),
        served => served,
    }
}

async fn served<S: Send + Sync + 'static>(worker: Worker<S>) -> Result<(), Error> {
    let config = Config::from_env()?;
    let worker = match config.concurrency {
        Some(jobs) => worker.concurrency(jobs),
        None => worker,
    };
    let worker = match config.queue_visibility {
        Some(timeout) => worker.visibility(timeout),
        None => worker,
    };
    if config.under_lambda {
        as_function(worker, config).await
    } else {
        command::run(worker, config).await
    }
}

#[expect(
    clippy::exit,
    reason = "`main` would print the error again as plain text, which CloudWatch does not take for an error"
)]
fn end_process(error: &Error) -> ! {
    // Where the configuration could not be read, nothing logs yet.
    logs::as_json(LevelFilter::INFO);
    tracing::error!("{}", hikyaku_core::explain(error));
    std::process::exit(1)
}

async fn as_function<S: Send + Sync + 'static>(
    worker: Worker<S>,
    config: Config,
) -> Result<(), Error> {
    logs::as_json(config.log_level);
    if config.otlp_endpoint.is_some() && !cfg!(feature = "otel") {
        tracing::warn!(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but no spans are sent: build the function with hikyaku's feature `otel`"
        );
    }
    let config = config.with_secrets().await?;
    worker.set_up().await?;
    let function = on_aws(worker, config).await?;
    let function = &function;
    let handler = service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        let LambdaEvent { payload, context } = event;
        let deadline = Timestamp::from_millis(context.deadline);
        let trace = context.xray_trace_id.as_deref();
        let span = tracing::error_span!("invocation", requestId = %context.request_id);
        let answer = function
            .handle(payload.get(), &context.request_id, deadline, trace)
            .instrument(span)
            .await;
        answer.map_err(|error| Diagnostic {
            error_type: error.kind().to_owned(),
            error_message: hikyaku_core::explain(&error),
        })
    });
    Runtime::new(handler).run().await.map_err(Error::Runtime)
}

/// The function on AWS's own ports.
async fn on_aws<S: Send + Sync + 'static>(
    worker: Worker<S>,
    config: Config,
) -> Result<Function<S>, Error> {
    let client = clients::dynamodb(&config);
    let laravel = laravel::reach(&config, &client, worker.php_jobs().clone())?;
    let ledger = DynamoDbLedger::new(client, &config);
    let keeps_ledger = |worker: &Worker<S>| {
        let jobs = worker.descriptions();
        worker.has_courier()
            || jobs
                .iter()
                .any(|job| job.guarantee != Guarantee::AtLeastOnce)
    };
    if keeps_ledger(&worker) {
        drop(tokio::time::timeout(CONNECT_PATIENCE, ledger.connect()).await);
    }
    let ports = Ports {
        ledger: Arc::new(ledger),
        queue: Arc::new(SqsQueue::new(config.clone())),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        executor: Arc::new(
            JobThreads::start(worker.settings().concurrency).map_err(Error::Threads)?,
        ),
        laravel: Arc::new(laravel),
    };
    Ok(Function::new(worker, ports, config))
}
