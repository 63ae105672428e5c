//! Two versions of the engine on one table, as during a deploy: what this one does with what the version before wrote, and
//! the reverse. That version is its expressions, which stand here as they were.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use hikyaku_core::{ClaimReply, ClaimRequest, Held, Ledger, Release, State};

use super::contract::{claim, refused, request};
use super::dynamodb::{Emulator, number, text};
use super::{DAY, LEASE, NOW};

const CLAIM: &str = "SET s = :R, l = :l, o = :o, m = :m, j = :j, g = :g, x = :x, i = :i, w = :w, \
    a = if_not_exists(a, :0) + :1, n = if_not_exists(n, :0) + :1";
const CLAIMABLE: &str = "attribute_not_exists(pk) OR \
    (g = :g AND s = :P AND (attribute_not_exists(w) OR w = :w))";
const RELEASE: &str = "SET s = :P, n = :n, xc = :xc REMOVE l, o";
const HELD: &str = "s = :R AND a = :a";

/// The version before.
struct Before<'a>(&'a Emulator);

impl Before<'_> {
    async fn update<const N: usize>(
        &self,
        id: &str,
        (update, condition): (&str, &str),
        values: [(&str, AttributeValue); N],
    ) -> bool {
        let key = HashMap::from([
            ("pk".to_owned(), text(&format!("J#{id}"))),
            ("sk".to_owned(), text(".")),
        ]);
        let values = values.map(|(name, value)| (name.to_owned(), value));
        let request = self.0.client().update_item();
        let request = request
            .table_name(&self.0.config().ledger_table)
            .set_key(Some(key))
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_values(Some(values.into()));
        request.send().await.is_ok()
    }

    async fn claims(&self, id: &str) -> bool {
        let values = [
            (":R", text("R")),
            (":P", text("P")),
            (":l", number((NOW + LEASE).as_millis())),
            (":o", number(9)),
            (":m", text("message-9")),
            (":j", text("App\\Jobs\\Contract")),
            (":g", number(0)),
            (":x", number((NOW + DAY).as_secs())),
            (":i", number(0)),
            (":w", text("R")),
            (":0", number(0)),
            (":1", number(1)),
        ];
        self.update(id, (CLAIM, CLAIMABLE), values).await
    }

    async fn releases(&self, id: &str, token: u64) -> bool {
        let values = [
            (":P", text("P")),
            (":n", number(1)),
            (":xc", number(0)),
            (":R", text("R")),
            (":a", number(token)),
        ];
        self.update(id, (RELEASE, HELD), values).await
    }
}

/// A job that this version gave back to wait for a day.
async fn waiting(ledger: &dyn Ledger, id: &str) -> Held {
    let held = claim(ledger, id, 1).await;
    let release = Release {
        tries_spent: 1,
        not_before: Some(NOW + DAY),
        ..Release::default()
    };
    ledger.release(&held, &release).await.unwrap();
    held
}

#[tokio::test(flavor = "current_thread")]
async fn the_version_before_runs_what_waits_and_leaves_no_wait_behind() {
    let emulator = Emulator::start().await;
    let ledger = emulator.ledger();
    waiting(&ledger, "a").await;
    let before = Before(&emulator);
    assert!(before.claims("a").await, "it knows nothing of waits");
    assert!(before.releases("a", 2).await);
    let reply = ledger.claim(&request("a", 3)).await.unwrap();
    let ClaimReply::Granted(grant) = reply else {
        panic!("{reply:?}")
    };
    assert_eq!((grant.token, grant.tries_spent), (3, 2));
}

#[tokio::test(flavor = "current_thread")]
async fn this_version_goes_on_with_what_the_version_before_gave_back() {
    let emulator = Emulator::start().await;
    let before = Before(&emulator);
    assert!(before.claims("a").await);
    let held = refused(emulator.ledger().claim(&request("a", 2)).await.unwrap());
    assert_eq!((held.state, held.not_before), (State::Running, None));
    assert!(before.releases("a", 1).await);
    let at_once = ClaimRequest {
        due: hikyaku_core::Timestamp::from_millis(0),
        ..request("a", 2)
    };
    let reply = emulator.ledger().claim(&at_once).await.unwrap();
    assert!(matches!(reply, ClaimReply::Granted(_)), "{reply:?}");
}
