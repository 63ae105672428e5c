//! A message on its way: what is known of it so far.

use tracing::Span;

use crate::engine::model::claim::Claim;
use crate::engine::model::claimed::Claimed;
use crate::engine::model::decoded::Decoded;
use crate::engine::model::stop::Stop;
use crate::{Delivery, Stages};

/// Grows from stage to stage. `finish` and the report read it.
pub(crate) struct Way<'a> {
    pub(crate) delivery: &'a Delivery,
    /// What it is known by: its job's id as soon as that is read.
    pub(crate) id: String,
    /// Its job's name, once it was read.
    pub(crate) name: Option<String>,
    /// Its job, once it was found.
    pub(crate) decoded: Option<Box<Decoded>>,
    /// Its job's claim, once it was granted.
    pub(crate) claim: Option<Claim>,
    pub(crate) stages: Stages,
    /// Whether what ran in PHP is to be compared with what Rust would have made of it.
    pub(crate) has_shadow: bool,
}

impl<'a> Way<'a> {
    pub(crate) fn new(delivery: &'a Delivery) -> Self {
        Self {
            delivery,
            id: delivery.message_id.clone(),
            name: None,
            decoded: None,
            claim: None,
            stages: Stages::default(),
            has_shadow: false,
        }
    }

    /// It is of this job. What is logged from here on, by the job too, says so.
    pub(crate) fn names(&mut self, id: String, name: Option<String>) {
        let job = name.as_deref().unwrap_or("unknown");
        Span::current()
            .record("job.id", &*id)
            .record("job.name", job);
        (self.id, self.name) = (id, name);
    }

    /// Its job, which is claimed.
    pub(crate) fn claimed(&self) -> Result<Claimed<'_>, Stop> {
        match (self.decoded.as_deref(), self.claim.as_ref()) {
            (Some(decoded), Some(claim)) => Ok(Claimed::new(decoded, claim, self.delivery)),
            _ => Err(Stop::Raced),
        }
    }
}
