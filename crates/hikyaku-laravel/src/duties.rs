//! What a message asks of its worker beyond running the job: the chain, the batch, the locks.
//!
//! Sources: `Illuminate\Queue\CallQueuedHandler`, `Illuminate\Bus\Queueable`, `Illuminate\Bus\UniqueLock` and the classes
//! of `Illuminate\Queue\Middleware`, Laravel 8 to 13.

use crate::cache::unserialized;
use crate::chain::Link;
use crate::envelope::{Contents, Envelope, Kind, Unsupported, last_member};
use crate::php::{Value, View};

const OVERLAPPING: &str = "Illuminate\\Queue\\Middleware\\WithoutOverlapping";
const SKIP: &str = "Illuminate\\Queue\\Middleware\\Skip";
const SKIP_IF_CANCELLED: &str = "Illuminate\\Queue\\Middleware\\SkipIfBatchCancelled";

/// What a message asks of its worker beyond running the job. Nothing, for most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Duties {
    /// The batch in which the job is to be counted.
    pub batch: Option<String>,
    /// The job that is to be sent when this one is done.
    pub next: Option<Link>,
    /// Whether the chain has PHP callbacks for its failure.
    pub chain_callbacks: bool,
    /// The lock of a unique job, which its worker releases.
    pub unique: Option<UniqueLock>,
    /// Locks under which the job runs.
    pub overlaps: Vec<Overlap>,
    /// Whether the job is to be skipped (the middleware `Skip`).
    pub skip: bool,
    /// Whether the job is to be skipped if its batch is cancelled (`SkipIfBatchCancelled`).
    pub skip_if_batch_cancelled: bool,
    /// Which dispatch this message is of, for a debounced job: only the last one runs.
    pub debounce: Option<Debounced>,
}

/// What a message says of a debounced job (Laravel 13.6 and later).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Debounced {
    /// The dispatch.
    pub owner: String,
    /// The property `debounceId`; what a method of that name returns is in no message.
    pub id: Option<String>,
}

/// What a message says of the lock of a unique job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UniqueLock {
    /// The lock's name, without a prefix (since Laravel 11.39).
    pub name: Option<String>,
    /// The cache store that has it.
    pub store: Option<String>,
    /// Who holds it (since Laravel 13.24).
    pub owner: Option<String>,
}

/// The middleware `WithoutOverlapping`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// The application's own key.
    pub key: String,
    /// What the lock's name begins with.
    pub prefix: String,
    /// Whether other classes share the lock.
    pub shared: bool,
    /// In how many seconds to come again when the lock is taken; none: not at all.
    pub release_after: Option<u64>,
    /// After how many seconds the lock is free by itself; 0 is the store's own time.
    pub expires_after: u64,
}

impl Contents<'_> {
    /// What the message asks for beyond running the job; an error if it asks for what cannot be done outside PHP.
    pub fn duties(&self) -> Result<Duties, Unsupported> {
        let envelope = self.envelope();
        let mut duties = Duties {
            unique: envelope.unique_in_context(),
            ..Duties::default()
        };
        let (Kind::Object { batch_id, .. }, Some(command)) = (envelope.kind(), self.object())
        else {
            return Ok(duties);
        };
        envelope.refuse_closure(command.class_name().unwrap_or_default())?;
        let job = || envelope.name().to_owned();
        let text = |name| filled_text(command.get(name));
        duties.batch = batch_id.clone().or_else(|| text("batchId"));
        duties.next =
            Link::after(command).map_err(|source| Unsupported::Chain { job: job(), source })?;
        duties.chain_callbacks = command
            .get("chainCatchCallbacks")
            .is_some_and(|callbacks| callbacks.entries().len() > 0);
        duties.debounce = text("debounceOwner").map(|owner| Debounced {
            owner,
            id: text("debounceId"),
        });
        if duties.unique.is_none() {
            duties.unique = text("uniqueLockOwner").map(|owner| UniqueLock {
                name: None,
                store: None,
                owner: Some(owner),
            });
        }
        if let Some(middleware) = command.get("middleware") {
            for (_, one) in middleware.entries() {
                duties
                    .add_middleware(one)
                    .ok_or_else(|| Unsupported::Middleware {
                        job: job(),
                        class: one.class_name().unwrap_or("a closure").to_owned(),
                    })?;
            }
        }
        Ok(duties)
    }
}

impl Duties {
    /// Middleware that was given to the message with `->through()`. What a class's own `middleware()` returns is in no
    /// message. None: only PHP knows what it does.
    fn add_middleware(&mut self, one: Value<'_>) -> Option<()> {
        match one.class_name()? {
            OVERLAPPING => self.overlaps.push(Overlap::read(one)?),
            SKIP => self.skip |= matches!(view(one, "skip"), Some(View::Bool(true))),
            SKIP_IF_CANCELLED => self.skip_if_batch_cancelled = true,
            _ => return None,
        }
        Some(())
    }
}

impl Envelope {
    /// What the message asks for, as [`Contents::duties`] says.
    pub fn duties(&self) -> Result<Duties, Unsupported> {
        self.contents()?.duties()
    }

    /// Laravel 11.39 and later send the lock along in the hidden log context, whose values are serialized each on its
    /// own.
    fn unique_in_context(&self) -> Option<UniqueLock> {
        let context = self.member("illuminate:log:context").unwrap_or_default();
        let hidden = last_member(context, "hidden").unwrap_or_default();
        let text = |key| {
            let json = last_member(hidden, key)?;
            let value: String = serde_json::from_str(json).ok()?;
            unserialized(&value).map(str::to_owned)
        };
        let name = text("laravel_unique_job_key")?;
        Some(UniqueLock {
            name: Some(name),
            store: text("laravel_unique_job_cache_store"),
            owner: text("laravel_unique_job_lock_owner"),
        })
    }
}

impl Overlap {
    /// None where a property is of a kind that is not read here: a point in time instead of seconds.
    fn read(middleware: Value<'_>) -> Option<Self> {
        let key = match view(middleware, "key") {
            Some(View::Int(key)) => key.to_string(),
            Some(View::Bytes(key)) => str::from_utf8(key).ok()?.to_owned(),
            _ => return None,
        };
        let release_after = match view(middleware, "releaseAfter") {
            None | Some(View::Null) => None,
            Some(View::Int(seconds)) => Some(u64::try_from(seconds).unwrap_or(0)),
            Some(_) => return None,
        };
        let expires_after = match view(middleware, "expiresAfter") {
            None | Some(View::Null) => 0,
            Some(View::Int(seconds)) => u64::try_from(seconds).unwrap_or(0),
            Some(_) => return None,
        };
        Some(Self {
            key,
            prefix: middleware.get("prefix")?.as_str()?.to_owned(),
            shared: matches!(view(middleware, "shareKey"), Some(View::Bool(true))),
            release_after,
            expires_after,
        })
    }
}

fn view<'d>(object: Value<'d>, name: &str) -> Option<View<'d>> {
    object.get(name).map(Value::view)
}

fn filled_text(value: Option<Value<'_>>) -> Option<String> {
    value?
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}
