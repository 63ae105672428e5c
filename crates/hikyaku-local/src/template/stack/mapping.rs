//! An event source mapping, as a template describes it.

use std::time::Duration;

/// A queue that feeds a function.
///
/// Limits are those of the pages `AWS::Lambda::EventSourceMapping` and "Creating and configuring an Amazon SQS event source
/// mapping".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// `<function>.<event>` for an event of a function, else the resource's name in the template.
    pub logical_id: String,
    /// The line of that event or resource.
    pub line: usize,
    /// The queue's name.
    pub queue: String,
    /// The function's name.
    pub function: String,
    /// `BatchSize`: 10 unless stated, 1 to 10,000, at most 10 for a FIFO queue.
    pub batch_size: u32,
    /// `MaximumBatchingWindowInSeconds`: 0 unless stated, up to 300 s, never for a FIFO queue.
    pub window: Duration,
    /// `ScalingConfig.MaximumConcurrency`, 2 to 1,000.
    pub maximum_concurrency: Option<u32>,
    /// Whether `FunctionResponseTypes` has `ReportBatchItemFailures`.
    pub report_batch_item_failures: bool,
    /// `Enabled`: true unless stated.
    pub enabled: bool,
}
