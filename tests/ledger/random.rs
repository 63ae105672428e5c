//! Random sequences of writes have the same answers on DynamoDB as in memory, refusals and what they found included, and
//! leave batches and locks alike.

use std::cell::Cell;

use hikyaku_core::{
    Batch, ClaimReply, ClaimRequest, End, Fence, Held, Ledger, Lock, Record, Release, Replace,
    State, Timestamp, Unlock,
};
use hikyaku_laravel::cache;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::application::Application;
use super::contract::{DAY, LEASE, NOW, request, row};
use super::dynamodb::Emulator;
use super::ends::PLAIN_OPTIONS;
use super::memory::InMemory;

#[derive(Debug, Clone)]
enum Write {
    Claim {
        owner: u64,
        generation: u32,
        later: u32,
    },
    ReplaceLastSeen {
        owner: u64,
        generation: u32,
        reopened: bool,
    },
    Extend {
        token: u64,
    },
    Complete {
        token: u64,
        dropped: bool,
        end: Ends,
    },
    Release {
        token: u64,
        tries: u32,
        error: bool,
        waits: Option<u32>,
    },
    Fail {
        token: u64,
        end: Ends,
    },
    Lock {
        job: u8,
        token: u64,
        later: u32,
    },
    Unlock(Owner),
    Finish {
        later: u32,
    },
    Cancel {
        later: u32,
    },
}

/// What ends together with the job.
#[derive(Debug, Clone)]
struct Ends {
    batch: bool,
    lock: Option<Owner>,
}

/// Whose lock is given up.
#[derive(Debug, Clone)]
enum Owner {
    Anybody,
    Attempt { job: u8, token: u64 },
}

fn owner() -> impl Strategy<Value = Owner> {
    prop_oneof![
        Just(Owner::Anybody),
        (0_u8..2, 1_u64..3).prop_map(|(job, token)| Owner::Attempt { job, token }),
    ]
}

fn ends() -> impl Strategy<Value = Ends> {
    (any::<bool>(), prop::option::of(owner())).prop_map(|(batch, lock)| Ends { batch, lock })
}

fn write() -> impl Strategy<Value = Write> {
    let token = 1_u64..5;
    let record = prop_oneof![
        4 => (1_u64..4, 0_u32..3, 0_u32..4).prop_map(|(owner, generation, later)| Write::Claim { owner, generation, later }),
        2 => (1_u64..4, 0_u32..3, any::<bool>())
            .prop_map(|(owner, generation, reopened)| Write::ReplaceLastSeen { owner, generation, reopened }),
        1 => token.clone().prop_map(|token| Write::Extend { token }),
        2 => (token.clone(), any::<bool>(), ends()).prop_map(|(token, dropped, end)| Write::Complete { token, dropped, end }),
        2 => (token.clone(), 0_u32..3, any::<bool>(), prop::option::of(0_u32..4))
            .prop_map(|(token, tries, error, waits)| Write::Release { token, tries, error, waits }),
        2 => (token, ends()).prop_map(|(token, end)| Write::Fail { token, end }),
    ];
    let beside = prop_oneof![
        4 => (0_u8..2, 1_u64..3, 0_u32..4).prop_map(|(job, token, later)| Write::Lock { job, token, later }),
        1 => owner().prop_map(Write::Unlock),
        1 => (0_u32..4).prop_map(|later| Write::Finish { later }),
        1 => (0_u32..4).prop_map(|later| Write::Cancel { later }),
    ];
    prop_oneof![2 => record, 1 => beside]
}

/// An answer of any write, in a form that two ledgers can be compared by. What a released or settled record says of
/// its last lease and owner is nobody's business: DynamoDB drops both.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Claim(ClaimReply),
    Fence(Fence),
    Lock(bool),
    Skipped,
}

/// What is beside the ledger after a write.
#[derive(Debug, PartialEq, Eq)]
struct Beside {
    batch: Option<Batch>,
    finished_at: Option<u64>,
    lock: Option<String>,
}

fn comparable(record: Option<Record>) -> Option<Record> {
    record.map(|record| match record.state {
        State::Running => record,
        _ => Record {
            lease: Timestamp::default(),
            owner: 0,
            ..record
        },
    })
}

fn moment(later: u32) -> Timestamp {
    NOW + LEASE * later
}

/// Each claimer wants another side, and one has none.
fn side_of(owner: u64) -> Option<hikyaku_core::Side> {
    use hikyaku_core::Side;
    match owner % 3 {
        0 => None,
        1 => Some(Side::Rust),
        _ => Some(Side::Php),
    }
}

/// One application in which the sequences are played.
struct Side<'a, A> {
    application: &'a A,
    id: &'a str,
    seen: Option<Record>,
}

impl<A: Application> Side<'_, A> {
    async fn apply(&mut self, write: &Write) -> Answer {
        let (application, id) = (self.application, self.id);
        match *write {
            Write::Lock { job, token, later } => {
                let lock = Lock {
                    key: id.to_owned(),
                    value: cache::serialized(&cache::owner(&format!("job-{job}"), token)),
                    job: cache::serialized_owner_prefix(&format!("job-{job}")),
                    now: moment(later),
                    expires: moment(later + 1),
                };
                Answer::Lock(application.cache().lock(&lock).await.unwrap())
            }
            Write::Unlock(ref owner) => {
                let unlock = unlock(id, owner);
                application.cache().unlock(&unlock).await.unwrap();
                Answer::Skipped
            }
            Write::Finish { later } => {
                let batches = application.batches();
                batches.finish(id, moment(later)).await.unwrap();
                Answer::Skipped
            }
            Write::Cancel { later } => {
                let batches = application.batches();
                batches.cancel(id, moment(later)).await.unwrap();
                Answer::Skipped
            }
            ref write => apply(&*application.ledger(), id, write, &mut self.seen).await,
        }
    }

    async fn beside(&self, has_batch: bool) -> Beside {
        let application = self.application;
        Beside {
            batch: application.batches().read(self.id).await.unwrap(),
            finished_at: if has_batch {
                application.finished_at(self.id).await
            } else {
                None
            },
            lock: application.cache().get(self.id, NOW).await.unwrap(),
        }
    }
}

fn unlock(key: &str, owner: &Owner) -> Unlock {
    let value = match owner {
        Owner::Anybody => None,
        Owner::Attempt { job, token } => Some(cache::serialized(&cache::owner(
            &format!("job-{job}"),
            *token,
        ))),
    };
    Unlock {
        key: key.to_owned(),
        value,
    }
}

fn end(id: &str, ends: &Ends) -> End {
    End {
        batch: ends.batch.then(|| id.to_owned()),
        unlock: ends.lock.iter().map(|owner| unlock(id, owner)).collect(),
        ..End::plain(NOW + DAY)
    }
}

async fn apply(ledger: &dyn Ledger, id: &str, write: &Write, seen: &mut Option<Record>) -> Answer {
    match *write {
        Write::Claim {
            owner,
            generation,
            later,
        } => {
            let now = moment(later);
            let request = ClaimRequest {
                generation,
                now,
                due: now,
                lease: now + LEASE,
                side: side_of(owner),
                ..request(id, owner)
            };
            claimed(ledger.claim(&request).await.unwrap(), seen)
        }
        Write::ReplaceLastSeen {
            owner,
            generation,
            reopened,
        } => {
            let Some(record) = seen.clone() else {
                return Answer::Skipped;
            };
            let why = if reopened {
                Replace::Reopened
            } else {
                Replace::Expired
            };
            let request = ClaimRequest {
                generation,
                side: side_of(owner),
                ..request(id, owner)
            };
            claimed(ledger.replace(&request, &record, why).await.unwrap(), seen)
        }
        ref write => match settle(ledger, id, write).await {
            Fence::Applied => Answer::Fence(Fence::Applied),
            Fence::Refused(record) => Answer::Fence(Fence::Refused(comparable(record))),
            declined @ Fence::Declined(_) => Answer::Fence(declined),
        },
    }
}

async fn settle(ledger: &dyn Ledger, id: &str, write: &Write) -> Fence {
    let held = |token: u64| Held {
        id: id.to_owned(),
        token,
    };
    let written = match *write {
        Write::Extend { token } => ledger.extend(&held(token), moment(3)).await,
        Write::Complete {
            token,
            dropped,
            end: ref ends,
        } => {
            let end = End {
                dropped,
                ..end(id, ends)
            };
            ledger.complete(&held(token), &end).await
        }
        Write::Fail {
            token,
            end: ref ends,
        } => ledger.fail(&held(token), &row(id), &end(id, ends)).await,
        Write::Release {
            token,
            tries,
            error,
            waits,
        } => {
            let release = Release {
                tries_spent: tries,
                exceptions: tries,
                error: error.then(|| "it broke".to_owned()),
                not_before: waits.map(moment),
                expires: waits.map(|later| moment(later) + DAY * 2),
            };
            ledger.release(&held(token), &release).await
        }
        ref other => unreachable!("{other:?} settles nothing"),
    };
    written.unwrap()
}

fn claimed(reply: ClaimReply, seen: &mut Option<Record>) -> Answer {
    match reply {
        ClaimReply::Refused(record) => {
            seen.clone_from(&record);
            Answer::Claim(ClaimReply::Refused(comparable(record)))
        }
        granted @ ClaimReply::Granted(_) => Answer::Claim(granted),
    }
}

#[test]
fn random_writes_are_answered_alike_in_memory_and_on_dynamodb() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let emulator = runtime.block_on(Emulator::start());
    let in_memory = InMemory::default();
    let case = Cell::new(0);
    let mut runner = TestRunner::new(Config {
        cases: 150,
        failure_persistence: None,
        ..Config::default()
    });
    let sequences = (any::<bool>(), prop::collection::vec(write(), 1..20));
    runner
        .run(&sequences, |(has_batch, writes)| {
            case.set(case.get() + 1);
            let id = format!("random-{}", case.get());
            runtime.block_on(async {
                if has_batch {
                    in_memory.add_batch(&id, 9, PLAIN_OPTIONS).await;
                    emulator.add_batch(&id, 9, PLAIN_OPTIONS).await;
                }
            });
            let mut one = Side {
                application: &in_memory,
                id: &id,
                seen: None,
            };
            let mut other = Side {
                application: &emulator,
                id: &id,
                seen: None,
            };
            for write in &writes {
                let (one, other) =
                    runtime.block_on(async { (one.apply(write).await, other.apply(write).await) });
                prop_assert_eq!(one, other, "{:?}", write);
            }
            let (one, other) = runtime
                .block_on(async { (one.beside(has_batch).await, other.beside(has_batch).await) });
            prop_assert_eq!(one, other);
            Ok(())
        })
        .unwrap();
}
