//! Object jobs: instances of PHP classes, for Laravel's own workers.

use super::Options;
use super::body::{BatchId, ObjectBody, ObjectData, Ours};
use crate::encrypter::{EncryptError, Encrypter};
use crate::envelope::OBJECT_JOB;
use crate::php::{self, BuildError, Document, ObjectBuilder, WriteError};

/// An instance of a PHP job class, written from Rust.
///
/// The visibility of its properties must be that of the class: Laravel's `SerializesModels` leaves a value under another
/// one out without a word. A property that is not given gets its default. What PHP does at dispatch is not done here: no lock of `ShouldBeUnique` is taken, and what the class says of
/// its tries, its backoff or its timeout is not in the message unless [`Options`] say so.
///
/// ```
/// use hikyaku_laravel::message::ObjectJob;
/// use hikyaku_laravel::php::ObjectBuilder;
///
/// let release = ObjectBuilder::new("App\\Jobs\\ReleasePodcast").public("podcastId", 7);
/// let process = ObjectBuilder::new("App\\Jobs\\ProcessPodcast")
///     .private("App\\Jobs\\ProcessPodcast", "podcastId", 7)
///     .protected("format", "mp3");
/// let job = ObjectJob::new(process).chain([release]);
/// assert_eq!(job.class(), "App\\Jobs\\ProcessPodcast");
/// ```
#[derive(Debug, Clone)]
pub struct ObjectJob {
    object: Result<Document<'static>, BuildError>,
    chained: Vec<ObjectBuilder<'static>>,
    encrypter: Option<Encrypter>,
    delete_when_missing_models: Option<bool>,
}

/// What each message has for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp<'a> {
    /// Its job's identity.
    pub uuid: &'a str,
    /// Unix time of the dispatch, in seconds.
    pub created_at: i64,
    /// How many messages in a row jobs have sent on, this one included.
    pub hops: u32,
    /// Bytes of the system's secure generator, used once; only what is encrypted needs them.
    pub random: Option<[u8; 16]>,
}

/// A PHP object cannot become a message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectJobError {
    /// A name in it is none that PHP allows.
    #[error("building the object")]
    Build(#[from] BuildError),
    /// A value in it cannot be written.
    #[error("serializing the object")]
    Write(#[from] WriteError),
    /// It has bytes that no message can carry in the clear.
    #[error("the object has bytes that are not utf-8: only an encrypted job can carry them")]
    NotText,
    /// It has to be encrypted, and the system has no secure random bytes.
    #[error("the object is to be encrypted, and the system has no random bytes")]
    NoRandom,
    /// It cannot be encrypted.
    #[error("encrypting the object")]
    Encrypt(#[from] EncryptError),
    /// It cannot be written as JSON.
    #[error("writing the message")]
    Json(#[from] serde_json::Error),
}

impl ObjectJob {
    /// A job that is this object.
    pub fn new(object: ObjectBuilder<'static>) -> Self {
        Self {
            object: object.build(),
            chained: Vec::new(),
            encrypter: None,
            delete_when_missing_models: None,
        }
    }

    /// Followed by these, each when the one before it is done. Laravel sends each to the queue and with the options that
    /// its own properties and its class say. The classes need the trait `Queueable`, which declares `chained`.
    #[must_use]
    pub fn chain(mut self, jobs: impl IntoIterator<Item = ObjectBuilder<'static>>) -> Self {
        self.chained.extend(jobs);
        self
    }

    /// Encrypted, as the class's `ShouldBeEncrypted` asks for.
    #[must_use]
    pub fn encrypted(mut self, encrypter: &Encrypter) -> Self {
        self.encrypter = Some(encrypter.clone());
        self
    }

    /// `deleteWhenMissingModels`, which Laravel 13 reads from the message; before, only the class says it.
    #[must_use]
    pub fn delete_when_missing_models(mut self, delete: bool) -> Self {
        self.delete_when_missing_models = Some(delete);
        self
    }

    /// Its class; empty if that is not a name PHP allows.
    pub fn class(&self) -> &str {
        let object = self.object.as_ref().ok();
        object
            .and_then(|object| object.root().class_name())
            .unwrap_or_default()
    }

    /// The message body.
    pub fn body(&self, options: &Options, stamp: &Stamp<'_>) -> Result<String, ObjectJobError> {
        let command = self.command()?;
        let command = match (&self.encrypter, stamp.random) {
            (None, _) => String::from_utf8(command).map_err(|_| ObjectJobError::NotText)?,
            (Some(encrypter), Some(random)) => encrypter.encrypt_command(&command, random)?,
            (Some(_), None) => return Err(ObjectJobError::NoRandom),
        };
        Ok(serde_json::to_string(&ObjectBody {
            uuid: stamp.uuid,
            display_name: self.class(),
            job: OBJECT_JOB,
            wishes: options.into(),
            retry_until: options.retry_until,
            delete_when_missing_models: self.delete_when_missing_models,
            data: ObjectData {
                command_name: self.class(),
                command: &command,
                batch_id: BatchId::Said(None),
            },
            created_at: Some(stamp.created_at),
            hikyaku: Ours::after(stamp.hops),
        })?)
    }

    /// The serialized object with its chain in it.
    fn command(&self) -> Result<Vec<u8>, ObjectJobError> {
        let mut object = self.object.clone()?;
        if !self.chained.is_empty() {
            let links = self.chained.iter().map(|link| {
                let written = php::write(link.clone().build()?.root())?;
                Ok(php::Bytes(written).into())
            });
            let links = links.collect::<Result<Vec<Document<'_>>, ObjectJobError>>()?;
            object.root_mut().set("chained", Document::list(links))?;
        }
        Ok(php::write(object.root())?)
    }
}
