//! DynamoDB, embedded.
