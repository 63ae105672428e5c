//! What the doctor looks for. One file an idea; [`ALL`] is the order in which they are documented.

mod alarms;
mod aliases;
mod batch_failures;
mod batch_size;
mod behind_queue;
mod build;
mod concurrency;
mod dashboard;
mod database;
mod dead_letter_queue;
mod dead_letter_retention;
mod dead_letter_type;
mod encryption;
mod filter;
mod jobs;
mod json;
mod least_privilege;
mod logs;
mod mapping_disabled;
mod network;
mod one_function;
mod permissions;
mod receive_count;
mod receive_horizon;
mod recursion;
mod redrive_allow;
mod retention;
mod runtime;
mod schedule;
mod schedule_delivery;
mod schedule_fifo;
mod secrets;
mod tables;
mod visibility;

use super::finding::{Finding, Rule, Severity};
use super::stack::Stack;

pub(super) use network::unseen as unseen_networks;

/// Every rule.
pub(super) static ALL: &[&Rule] = &[
    &visibility::RULE,
    &batch_failures::RULE,
    &batch_size::WINDOW,
    &batch_size::FIFO,
    &batch_size::FIFO_BATCH,
    &batch_size::CONCURRENCY,
    &filter::RULE,
    &one_function::RULE,
    &one_function::ARN,
    &mapping_disabled::RULE,
    &behind_queue::DURABLE,
    &behind_queue::TENANTS,
    &dead_letter_queue::RULE,
    &dead_letter_retention::RULE,
    &dead_letter_type::RULE,
    &redrive_allow::RULE,
    &receive_count::RULE,
    &receive_count::OF_ENGINE,
    &receive_horizon::RULE,
    &retention::RULE,
    &encryption::RULE,
    &concurrency::RULE,
    &concurrency::POLLERS,
    &database::RULE,
    &recursion::RULE,
    &permissions::QUEUE,
    &permissions::TABLE,
    &permissions::DEAD_LETTER,
    &least_privilege::RULE,
    &tables::KEYS,
    &tables::EXPIRY,
    &tables::RECOVERY,
    &tables::REPLICAS,
    &secrets::RULE,
    &secrets::PERMISSION,
    &schedule::EXPRESSION,
    &schedule::TIME_ZONE,
    &schedule::NEVER,
    &schedule::INPUT,
    &schedule_fifo::RULE,
    &schedule_delivery::PERMISSION,
    &schedule_delivery::UNRECORDED,
    &schedule_delivery::FIXED_NAME,
    &alarms::FAILED,
    &alarms::MISSING,
    &alarms::SILENT,
    &alarms::AGE,
    &logs::GROUP,
    &logs::RETENTION,
    &logs::LEVEL,
    &dashboard::RULE,
    &aliases::RULE,
    &network::WAY_OUT,
    &network::PERMISSIONS,
    &runtime::SUPPORT,
    &runtime::SNAP_START,
    &build::PANIC,
    &build::NATIVE,
    &build::BINARY,
    &build::STALE,
    &jobs::TIMEOUT,
    &jobs::TRIES,
    &jobs::BACKOFF,
];
