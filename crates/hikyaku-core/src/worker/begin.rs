//! Begin: on which side a job runs, its claim there, and what it has to pass before it runs.

use std::sync::Arc;

use hikyaku_laravel::Envelope;

use crate::engine::engine::Engine;
use crate::engine::model::attempt::Finished;
use crate::engine::model::claim::{Claimed, Company, Elsewhere};
use crate::engine::model::decoded::{Decoded, Refusal, identity};
use crate::engine::model::settled::Settled;
use crate::engine::stages::decode::{Decoding, decode};
use crate::engine::stages::give_back::GivenBack;
use crate::engine::stages::route::Proposal;
use crate::explain::explain;
use crate::job::prepared::Prepared;
use crate::worker::turn::{Begun, Turn, name_span, refuse};
use crate::{Delivery, Report, Side, Stages, Worker};

impl<S: Send + Sync + 'static> Worker<S> {
    /// Where the job is to run, as far as it has not begun. An error says why nobody can know.
    pub(crate) async fn wanted(
        &self,
        envelope: &Envelope,
        delivery: &Delivery,
        engine: &Engine<'_>,
    ) -> Result<Proposal, String> {
        let Some(job) = self.registry.on_both_sides(envelope.name()) else {
            return Ok(Proposal::RUST);
        };
        let id = identity(envelope, delivery);
        engine.proposed(&self.routing, &job.description, &id).await
    }

    /// Begins the job on the side that is wanted, or on the one on which it has begun.
    pub(crate) async fn begin_on(
        &self,
        mut wanted: Side,
        mut envelope: Envelope,
        delivery: &Delivery,
        engine: &Engine<'_>,
        company: Company,
        stages: &mut Stages,
    ) -> Result<(Box<Decoded>, Begun<S>), Turn> {
        let mut begun_on: Option<Elsewhere> = None;
        loop {
            let laravel = &engine.ports.laravel;
            let (mut decoded, prepared) =
                match decode(&self.registry, envelope, delivery, laravel, wanted) {
                    Decoding::Ready(decoded, prepared) => (decoded, Ok(prepared)),
                    Decoding::Misfit(decoded, why) => (decoded, Err(why)),
                    Decoding::Refused(refused) => {
                        return Err(Turn::over(refuse(engine, &refused, delivery).await));
                    }
                };
            stages.decoded = Some(engine.now());
            name_span(&decoded.id, &decoded.name);
            let over = |settled| Turn::over(Report::of(&decoded, delivery, 0, settled));
            if self.buries {
                let settled = engine.bury_dead_letter(&mut decoded, delivery).await;
                return Err(Turn::over(Report::of(&decoded, delivery, 0, settled)));
            }
            if let Some(elsewhere) = begun_on
                && decoded.side != Some(elsewhere.side)
            {
                let settled = engine.settle_elsewhere(&decoded, delivery, elsewhere).await;
                return Err(over(settled));
            }
            let begun = self.begin(&decoded, prepared, delivery, engine, company);
            match begun.await {
                Ok(begun) => return Ok((decoded, begun)),
                Err(Unbegun::Suspect { alone }) => return Err(Turn::Later { alone }),
                Err(Unbegun::Settled(settled)) => return Err(over(settled)),
                Err(Unbegun::AfterClaim(settled)) => {
                    let report = Report::of(&decoded, delivery, 0, settled);
                    return Err(Turn::over(report.on(self.side(&decoded))));
                }
                // It was forgotten or sent again since, and begun by somebody else.
                Err(Unbegun::Elsewhere(_)) if begun_on.is_some() => {
                    let message = GivenBack::of(&decoded, delivery);
                    return Err(over(engine.postpone(&message).await));
                }
                Err(Unbegun::Elsewhere(elsewhere)) => {
                    wanted = elsewhere.side;
                    begun_on = Some(elsewhere);
                    envelope = decoded.envelope;
                }
            }
        }
    }

    /// All that comes before a job runs. Err: it does not, and this is what its message is left with.
    async fn begin(
        &self,
        decoded: &Decoded,
        prepared: Result<Prepared<S>, Refusal>,
        delivery: &Delivery,
        engine: &Engine<'_>,
        company: Company,
    ) -> Result<Begun<S>, Unbegun> {
        let message = GivenBack::of(decoded, delivery);
        let state = match self.shared.get().await {
            Ok(state) => Arc::clone(state),
            Err(error) => return Err(engine.not_set_up(&message, &error).await.into()),
        };
        if !engine.worth_starting(&decoded.policy) {
            return Err(engine.postpone(&message).await.into());
        }
        let claim = match engine.claim(decoded, delivery, company).await {
            Claimed::Run(claim) => claim,
            Claimed::Exhausted(claim) => {
                let job = Finished::new(decoded, &claim, delivery);
                engine.abandon_locks(&job).await;
                return Err(Unbegun::AfterClaim(engine.settle_exhausted(&job).await));
            }
            Claimed::Late(claim) => {
                let job = Finished::new(decoded, &claim, delivery);
                return Err(Unbegun::AfterClaim(engine.settle_late(&job).await));
            }
            Claimed::Answered(answer) => {
                let settled = engine.settle_unclaimed(decoded, delivery, answer).await;
                return Err(settled.into());
            }
            Claimed::Suspect { alone } => return Err(Unbegun::Suspect { alone }),
            Claimed::Elsewhere(elsewhere) => return Err(Unbegun::Elsewhere(elsewhere)),
        };
        let job = Finished::new(decoded, &claim, delivery);
        let run = match prepared {
            Ok(prepared) => prepared.run,
            Err(why) => {
                let settled = engine.settle_misfit(&job, explain(&why)).await;
                return Err(Unbegun::AfterClaim(settled));
            }
        };
        let locks = engine.enter(&job).await.map_err(Unbegun::AfterClaim)?;
        Ok(Begun {
            run,
            state,
            claim,
            locks,
        })
    }
}

/// Why a job does not run now.
enum Unbegun {
    Settled(Settled),
    /// It had been claimed, on the side it was claimed for.
    AfterClaim(Settled),
    Suspect {
        alone: bool,
    },
    /// It has begun on another side than the one it was claimed for.
    Elsewhere(Elsewhere),
}

impl From<Settled> for Unbegun {
    fn from(settled: Settled) -> Self {
        Self::Settled(settled)
    }
}
