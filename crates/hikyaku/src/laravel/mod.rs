//! What of the Laravel application a function reaches, by its configuration.

mod batches;
mod cache;
mod payloads;

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use hikyaku_core::{CacheStore, Laravel, Queues, Relay};
use hikyaku_laravel::chain::LinkOptions;

use crate::Config;
use crate::config::ConfigError;
use crate::ledger::DynamoDbRoutes;
use batches::DynamoDbBatches;
use cache::DynamoDbCache;
use payloads::StoredPayloads;

/// The application as `config` reaches it through `client`. `links`: what classes say that run in PHP. Asks for nothing
/// yet.
pub fn reach(
    config: &Config,
    client: &Client,
    links: BTreeMap<String, LinkOptions>,
) -> Result<Laravel, ConfigError> {
    let payloads = StoredPayloads::new(config, client.clone())?;
    Ok(Laravel {
        relay: config.relay_queue_url.as_ref().map(|queue| Relay {
            queue: queue.clone(),
            job: config.relay_job.clone(),
        }),
        fallback: config.fallback_queue_url.clone(),
        cache: config.cache.as_ref().map(|cache| CacheStore {
            cache: Arc::new(DynamoDbCache::new(client.clone(), cache.table.clone())),
            name: cache.store.clone(),
            prefix: cache.prefix.clone(),
        }),
        batches: config.batch_table.as_ref().map(|table| {
            let application = config.application.clone();
            Arc::new(DynamoDbBatches::new(
                client.clone(),
                table.clone(),
                application,
            )) as _
        }),
        payloads: Some(Arc::new(payloads)),
        links,
        routes: Some(Arc::new(DynamoDbRoutes::new(client.clone(), config))),
        ..unconnected(config)?
    })
}

/// What can be had of the application without asking anybody: the names of its queues, and its keys.
pub(crate) fn unconnected(config: &Config) -> Result<Laravel, ConfigError> {
    Ok(Laravel {
        queues: Queues {
            connection: config.connection.clone(),
            ..config.queues.clone()
        },
        encrypter: config.encrypter()?.map(Arc::new),
        ..Laravel::default()
    })
}
