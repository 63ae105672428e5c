//! SQS: queues, messages and the JSON protocol.
