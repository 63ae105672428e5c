//! The stages of a message's way.

pub(crate) mod admit;
pub(crate) mod claim;
pub(crate) mod decode;
pub(crate) mod follow;
pub(crate) mod heartbeat;
pub(crate) mod resolve;
pub(crate) mod route;
pub(crate) mod run;
pub(crate) mod send;
pub(crate) mod settle;
pub(crate) mod tell;
