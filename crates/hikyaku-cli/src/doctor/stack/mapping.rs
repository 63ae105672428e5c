//! Event source mappings from queues, written out or as events of a function.

use hikyaku_local::template::is_unknown;

use super::part::{Part, texts};
use super::{Function, Queue};

/// Messages a batch holds if nothing is written (page `CreateEventSourceMapping` of the Lambda API reference).
const BATCH_SIZE: u64 = 10;

/// One queue that feeds one function.
#[derive(Debug, Clone)]
pub(crate) struct Mapping {
    pub(crate) part: Part,
    /// The function's place in the stack, if it is there.
    pub(crate) function: Option<usize>,
    /// The queue's place in the stack, if it is there.
    pub(crate) queue: Option<usize>,
    /// What it says its queue is.
    pub(crate) source: String,
    /// Whether SAM makes it from an event, and lets the role that it makes poll the queue.
    pub(crate) is_event: bool,
}

impl Mapping {
    pub(crate) fn of_event(part: Part, function: usize, queues: &[Queue]) -> Self {
        let source = part.reference("Queue").unwrap_or_default().to_owned();
        Self {
            function: Some(function),
            queue: queues.iter().position(|queue| queue.is(&source)),
            source,
            is_event: true,
            part,
        }
    }

    /// `None` if its source is no queue.
    pub(crate) fn of_resource(
        part: Part,
        functions: &[Function],
        queues: &[Queue],
    ) -> Option<Self> {
        let source = part
            .reference("EventSourceArn")
            .unwrap_or_default()
            .to_owned();
        let queue = queues.iter().position(|queue| queue.is(&source));
        let is_queue = queue.is_some() || source.split(':').nth(2) == Some("sqs");
        let name = part.reference("FunctionName");
        let function = name.and_then(|name| functions.iter().position(|known| known.is(name)));
        is_queue.then_some(Self {
            function,
            queue,
            source,
            is_event: false,
            part,
        })
    }

    pub(crate) fn batch_size(&self) -> Option<u64> {
        self.part.number("BatchSize").or(BATCH_SIZE)
    }

    pub(crate) fn window(&self) -> Option<u64> {
        self.part.number("MaximumBatchingWindowInSeconds").or(0)
    }

    /// `FunctionResponseTypes`; `None` if one is not known.
    pub(crate) fn response_types(&self) -> Option<Vec<String>> {
        let types = texts(self.part.at("FunctionResponseTypes"));
        (!types.iter().any(|text| is_unknown(text))).then_some(types)
    }
}
