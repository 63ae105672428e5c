//! A SAM template, read into what the local cloud needs.

mod error;
mod stack;

pub use error::{Place, TemplateError, Warning};
pub use stack::*;
