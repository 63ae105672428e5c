//! Our own pointers.

use serde_json::json;

use super::POINTER;
use super::pointer::string;
use crate::envelope::{Envelope, Member, OURS};

const PREFIX: &str = "hikyaku:payloads:";

/// A pointer that stands in a row of the failed store for a payload too long for it: an item of DynamoDB holds 400 KB.
///
/// `queue:failed` lists it by its job, `queue:retry` sends it again as it is, and the body is found again by its key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnPointer {
    /// The job's identity: its `uuid`, or the id of a message that has none.
    pub uuid: String,
    /// The generation under which the body was kept; a part of the key, which stays when the pointer is sent again.
    pub kept: u32,
    /// The generation in which the job runs when this pointer arrives.
    pub generation: u32,
    /// `displayName`, as in the body.
    pub display_name: Option<String>,
    /// `job`. Where a body has no serialized object artisan lists this, so it is the job's name and not Laravel's
    /// handler.
    pub job: String,
}

impl OwnPointer {
    /// The pointer to the body of `envelope`, kept under `uuid` and `generation`, in which the job runs when the
    /// pointer is sent.
    pub fn new(envelope: &Envelope, uuid: &str, generation: u32) -> Self {
        Self {
            uuid: uuid.to_owned(),
            kept: generation,
            generation,
            display_name: envelope.display_name.clone(),
            job: envelope.name().to_owned(),
        }
    }

    /// The key under which the body is kept: `hikyaku:payloads:<uuid>:<generation>`.
    pub fn key(&self) -> String {
        format!("{PREFIX}{}:{}", self.uuid, self.kept)
    }

    /// This pointer for another run of the job; the body stays where it is.
    #[must_use]
    pub fn with_generation(self, generation: u32) -> Self {
        Self { generation, ..self }
    }

    /// The body to store or send.
    pub fn to_body(&self) -> String {
        json!({
            POINTER: self.key(),
            "uuid": self.uuid,
            "displayName": self.display_name,
            "job": self.job,
            OURS: { "generation": self.generation },
        })
        .to_string()
    }

    pub(super) fn is_own(key: &str) -> bool {
        key.starts_with(PREFIX)
    }

    /// The pointer whose `@pointer` is `key`. Without a generation of its own it runs in that of the key.
    pub(super) fn read(text: &str, members: &[Member], key: &str) -> Option<Self> {
        let (uuid, kept) = key.strip_prefix(PREFIX)?.rsplit_once(':')?;
        let kept = Some(kept).filter(|kept| kept.bytes().all(|byte| byte.is_ascii_digit()));
        let kept = kept?.parse().ok()?;
        let uuid = Some(uuid).filter(|uuid| !uuid.is_empty())?;
        Some(Self {
            uuid: uuid.to_owned(),
            kept,
            generation: generation(text, members).unwrap_or(kept),
            display_name: string(text, members, "displayName"),
            job: string(text, members, "job")?,
        })
    }
}

fn generation(text: &str, members: &[Member]) -> Option<u32> {
    let ours = members.iter().rev().find(|member| member.key == OURS)?;
    let ours = text.get(ours.value.clone())?;
    let ours: serde_json::Value = serde_json::from_str(ours).ok()?;
    ours.get("generation")?.as_u64()?.try_into().ok()
}
