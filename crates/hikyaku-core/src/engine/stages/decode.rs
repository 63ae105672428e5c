//! Decode: from a body to a job that is ready to run.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hikyaku_laravel::{Duties, Envelope};

use crate::engine::model::decoded::{Decoded, Refusal, Refused, identity};
use crate::engine::model::plan::{Plan, Unmet};
use crate::engine::model::stop::Stop;
use crate::engine::rules::plan::Circumstances;
use crate::job::lane::Lane;
use crate::job::policy::Policy;
use crate::job::prepared::{Declared, Prepared};
use crate::job::registry::{Registered, Registry};
use crate::ports::courier::Parcel;
use crate::{Delivery, Laravel, Side, Timestamp};

/// A job of ours, and its code or why it cannot run: then its batch and its chain are still to be told.
pub(crate) type Decoding<S> = (Box<Decoded>, Result<Prepared<S>, Refusal>);

/// Finds the job type and turns the payload into the job: on the side that is wanted, or else on the only one there is.
pub(crate) fn decode<S: Send + Sync + 'static>(
    registry: &Registry<S>,
    envelope: Envelope,
    delivery: &Delivery,
    laravel: &Laravel,
    wanted: Side,
) -> Result<Decoding<S>, Stop> {
    let by = |lane| (Side::Php, by(lane, &envelope, delivery));
    let (side, way) = match (wanted, registry.lane()) {
        (Side::Php, Some(lane)) => by(lane),
        (_, lane) => match (here(registry, &envelope, delivery, laravel), lane) {
            (Ok(way), _) => (Side::Rust, way),
            (Err(why), Some(lane)) if why.is_for_somebody_else() => by(lane),
            (Err(why), _) => {
                return Err(Refused::job(envelope, why).into());
            }
        },
    };
    let (policy, plan, prepared) = way;
    // Beside a courier the record may say that it has begun there.
    let is_to_be_claimed = plan.has_consequences() || registry.lane().is_some();
    let decoded = Box::new(Decoded {
        id: identity(&envelope, delivery),
        name: envelope.name().to_owned(),
        policy,
        plan,
        envelope,
        side: Some(side),
    });
    match prepared {
        Err(why) if !is_to_be_claimed => Err(Refused::job(decoded.envelope, why).into()),
        prepared => Ok((decoded, prepared)),
    }
}

/// How a job is tried, what it asks for beside that, and its code.
pub(crate) type Way<S> = (Policy, Plan, Result<Prepared<S>, Refusal>);

/// What runs here.
pub(crate) fn here<S: Send + Sync + 'static>(
    registry: &Registry<S>,
    envelope: &Envelope,
    delivery: &Delivery,
    laravel: &Laravel,
) -> Result<Way<S>, Refusal> {
    let (registered, prepared, duties) = find(registry, envelope)?;
    let description = &registered.description;
    let undeclared = Declared::default();
    let circumstances = Circumstances {
        envelope,
        description,
        declared: prepared
            .as_ref()
            .map_or(&undeclared, |prepared| &prepared.declared),
        queue: &delivery.queue,
        laravel,
        is_ours: &|name| registry.takes(name),
    };
    let plan = circumstances.plan(duties).map_err(Refusal::Unmet)?;
    let mut policy = Policy::of(envelope, description);
    // Beside a courier only the record knows on which side the job has begun; and only a record knows that a job which was sent
    // again has failed again.
    let is_sent_again = envelope.generation > 0;
    if !plan.is_empty() || registry.lane().is_some() || is_sent_again {
        policy.keep_ledger();
    }
    Ok((policy, plan, prepared))
}

/// What goes with the courier: nothing of it is read here but how it is to be tried.
fn by<S: Send + Sync + 'static>(lane: &Lane, envelope: &Envelope, delivery: &Delivery) -> Way<S> {
    let parcel = Parcel {
        id: identity(envelope, delivery),
        name: envelope.name().to_owned(),
        body: envelope.text().to_owned(),
        queue: delivery.queue.clone(),
        generation: envelope.generation,
        attempt: 0,
        receives: delivery.receive_count,
        deadline: Timestamp::from_millis(0),
    };
    let plan = Plan {
        lane: Some(lane.clone()),
        ..Plan::default()
    };
    let policy = Policy::of(envelope, &lane.description);
    (policy, plan, Ok(lane.prepare(parcel)))
}

type Found<'r, S> = (&'r Registered<S>, Result<Prepared<S>, Refusal>, Duties);

fn find<'r, S: Send + Sync + 'static>(
    registry: &'r Registry<S>,
    envelope: &Envelope,
) -> Result<Found<'r, S>, Refusal> {
    let unsupported = |unsupported| Refusal::Unmet(Unmet::Unsupported(unsupported));
    // What the message asks for matters more to its reader than that nobody is registered for it.
    let contents = envelope.contents().map_err(unsupported)?;
    let duties = contents.duties().map_err(unsupported)?;
    let name = envelope.name();
    let Some(registered) = registry.find(name) else {
        return Err(Refusal::UnknownJob {
            name: name.to_owned(),
            known: known(registry),
        });
    };
    // A `Deserialize` written by hand may panic; that must not take the batch down.
    let prepared = match catch_unwind(AssertUnwindSafe(|| (registered.prepare)(&contents))) {
        Ok(prepared) => prepared.map_err(Refusal::Payload),
        Err(_) => Err(Refusal::Panicked {
            name: name.to_owned(),
        }),
    };
    Ok((registered, prepared, duties))
}

fn known<S: Send + Sync + 'static>(registry: &Registry<S>) -> String {
    let names: Vec<_> = registry
        .descriptions()
        .map(|job| format!("`{}`", job.name))
        .collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
