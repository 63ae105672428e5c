//! Random sequences of ledger writes have the same answers on DynamoDB as in memory, refusals and what they found
//! included.

use std::cell::Cell;

use hikyaku_core::memory::MemoryLedger;
use hikyaku_core::{
    ClaimReply, ClaimRequest, End, Fence, Held, Ledger, Record, Release, Replace, State, Timestamp,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::contract::{DAY, LEASE, NOW, request, row};
use super::dynamodb::Emulator;

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
    },
    Release {
        token: u64,
        tries: u32,
        error: bool,
    },
    Fail {
        token: u64,
    },
}

fn write() -> impl Strategy<Value = Write> {
    let token = 1_u64..5;
    prop_oneof![
        4 => (1_u64..4, 0_u32..3, 0_u32..4).prop_map(|(owner, generation, later)| Write::Claim { owner, generation, later }),
        2 => (1_u64..4, 0_u32..3, any::<bool>())
            .prop_map(|(owner, generation, reopened)| Write::ReplaceLastSeen { owner, generation, reopened }),
        1 => token.clone().prop_map(|token| Write::Extend { token }),
        1 => token.clone().prop_map(|token| Write::Complete { token }),
        2 => (token.clone(), 0_u32..3, any::<bool>()).prop_map(|(token, tries, error)| Write::Release { token, tries, error }),
        1 => token.prop_map(|token| Write::Fail { token }),
    ]
}

/// An answer of any write, in a form that two ledgers can be compared by. What a released or settled record says of
/// its last lease and owner is nobody's business: DynamoDB drops both.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Claim(ClaimReply),
    Fence(Fence),
    Skipped,
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
                lease: now + LEASE,
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
        Write::Complete { token } => ledger.complete(&held(token), &End::plain(NOW + DAY)).await,
        Write::Fail { token } => {
            ledger
                .fail(&held(token), &row(id), &End::plain(NOW + DAY))
                .await
        }
        Write::Release {
            token,
            tries,
            error,
        } => {
            let release = Release {
                tries_spent: tries,
                exceptions: tries,
                error: error.then(|| "it broke".to_owned()),
            };
            ledger.release(&held(token), &release).await
        }
        Write::Claim { .. } | Write::ReplaceLastSeen { .. } => {
            unreachable!("claims are not settled")
        }
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
    let on_dynamodb = emulator.ledger();
    let in_memory = MemoryLedger::default();
    let case = Cell::new(0);
    let mut runner = TestRunner::new(Config {
        cases: 300,
        failure_persistence: None,
        ..Config::default()
    });
    let sequences = prop::collection::vec(write(), 1..14);
    runner
        .run(&sequences, |writes| {
            case.set(case.get() + 1);
            let id = format!("random-{}", case.get());
            let (mut seen_in_memory, mut seen_on_dynamodb) = (None, None);
            for write in &writes {
                let (one, other) = runtime.block_on(async {
                    let one = apply(&in_memory, &id, write, &mut seen_in_memory).await;
                    (
                        one,
                        apply(&on_dynamodb, &id, write, &mut seen_on_dynamodb).await,
                    )
                });
                prop_assert_eq!(one, other, "{:?}", write);
            }
            Ok(())
        })
        .unwrap();
}
