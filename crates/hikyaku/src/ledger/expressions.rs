//! The conditional writes, as DynamoDB expressions. One-letter attribute names are no reserved words (Amazon DynamoDB
//! developer guide, "Reserved words in DynamoDB"), so they stand as they are.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use hikyaku_core::{ClaimRequest, End, Held, Record, Release, Replace, State, Timestamp};

use super::item::{number, seconds, side_letter, state_letter, text};

/// One conditional update.
pub(super) struct Expression {
    pub(super) update: String,
    pub(super) condition: String,
    pub(super) values: HashMap<String, AttributeValue>,
    /// Whether the new item is asked for.
    pub(super) answers: bool,
}

/// What every claim sets, whatever stood there before.
const TAKE: &str = "SET s = :R, l = :l, o = :o, m = :m, j = :j, g = :g, x = :x, i = :i";

/// A wait holds for the token that it was written with. A version that knows nothing of waits leaves them where they are, and
/// raises the token.
const DUE: &str = " AND (attribute_not_exists(u) OR u <= :due OR ua <> a)";

const SAME_NAME: &str = " AND (attribute_not_exists(j) OR j IN (:j, :js))";

/// Of a generation that was opened again it is known when.
const OPENED: &str = ", r = if_not_exists(r, :now)";

/// The condition of every write that settles or prolongs a claim.
const HELD: &str = "s = :R AND a = :a";

pub(super) fn claim(request: &ClaimRequest) -> Expression {
    let (side, same_side) = match request.side {
        Some(_) => (", w = :w", " AND (attribute_not_exists(w) OR w = :w)"),
        None => ("", ""),
    };
    let opened = if request.generation > 0 { OPENED } else { "" };
    let mut values = with(
        taking(request),
        [
            (":0", number(0)),
            (":1", number(1)),
            (":P", text(state_letter(State::Pending))),
            (":due", number(request.due.as_millis())),
            // Versions before took names as messages had them.
            (":js", text(&format!("\\{}", request.job))),
        ],
    );
    if request.generation > 0 {
        values.insert(":now".to_owned(), number(request.now.as_millis()));
    }
    Expression {
        update: format!(
            "{TAKE}{side}{opened}, a = if_not_exists(a, :0) + :1, n = if_not_exists(n, :0) + :1"
        ),
        condition: format!(
            "attribute_not_exists(pk) OR (g = :g AND s = :P{same_side}{SAME_NAME}{DUE})"
        ),
        values,
        answers: true,
    }
}

/// Says when the generation was opened, if it is not the first.
fn opening(why: Replace, is_opened: bool) -> &'static str {
    match why {
        _ if !is_opened => "",
        Replace::Crashed => OPENED,
        Replace::Reopened | Replace::Expired => ", r = :now",
    }
}

pub(super) fn replace(request: &ClaimRequest, seen: &Record, why: Replace) -> Expression {
    let is_opened = request.generation > 0;
    let opened = opening(why, is_opened);
    let mut set = format!("{TAKE}{opened}, a = :a, n = :n");
    let mut remove = Vec::new();
    let before = (why == Replace::Reopened).then_some(seen.side).flatten();
    let spent = match why {
        Replace::Reopened => {
            remove.extend(["xc", "e"]);
            1
        }
        Replace::Expired => {
            remove.extend(["xc", "e", "k"]);
            1
        }
        // What ran beside others may have died of a neighbour: its try counts for this attempt.
        Replace::Crashed => seen.tries_spent + u32::from(seen.alone),
    };
    if request.side.is_some() {
        set.push_str(", w = :w");
    }
    if why != Replace::Crashed {
        if !is_opened {
            remove.push("r");
        }
        match before {
            Some(_) => set.push_str(", v = :v"),
            None => remove.push("v"),
        }
        if request.side.is_none() {
            remove.push("w");
        }
    }
    let mut values = with(
        taking(request),
        [
            (":n", number(spent)),
            (":a", number(seen.token + 1)),
            (":seen_s", text(state_letter(seen.state))),
            (":seen_a", number(seen.token)),
            (":seen_x", seconds(seen.expires)),
        ],
    );
    let mut condition = "s = :seen_s AND a = :seen_a AND x = :seen_x".to_owned();
    if seen.state == State::Running {
        // A heartbeat may have come in between.
        condition.push_str(" AND l < :now");
    }
    if is_opened || seen.state == State::Running {
        values.insert(":now".to_owned(), number(request.now.as_millis()));
    }
    if let Some(before) = before {
        values.insert(":v".to_owned(), text(side_letter(before)));
    }
    if !remove.is_empty() {
        set = format!("{set} REMOVE {}", remove.join(", "));
    }
    Expression {
        update: set,
        condition,
        values,
        answers: true,
    }
}

pub(super) fn save(held: &Held, checkpoint: &str) -> Expression {
    settling("SET k = :k".to_owned(), held, [(":k", text(checkpoint))])
}

pub(super) fn extend(held: &Held, lease: Timestamp) -> Expression {
    settling(
        "SET l = :l".to_owned(),
        held,
        [(":l", number(lease.as_millis()))],
    )
}

pub(super) fn complete(held: &Held, end: &End) -> Expression {
    let state = if end.dropped {
        State::Cancelled
    } else {
        State::Done
    };
    let values = [
        (":s", text(state_letter(state))),
        (":x", seconds(end.expires)),
    ];
    settling("SET s = :s, x = :x REMOVE l, o, k".to_owned(), held, values)
}

pub(super) fn fail(held: &Held, end: &End) -> Expression {
    let mut values = vec![
        (":F", text(state_letter(State::Failed))),
        (":x", seconds(end.expires)),
    ];
    let update = match &end.error {
        Some(error) => {
            values.push((":e", text(error)));
            "SET s = :F, x = :x, e = :e REMOVE l, o"
        }
        None => "SET s = :F, x = :x REMOVE l, o, e",
    };
    settling(update.to_owned(), held, values)
}

pub(super) fn release(held: &Held, release: &Release) -> Expression {
    let mut update = "SET s = :P, n = :n, xc = :xc".to_owned();
    let mut values = vec![
        (":P", text(state_letter(State::Pending))),
        (":n", number(release.tries_spent)),
        (":xc", number(release.exceptions)),
    ];
    if let Some(error) = &release.error {
        update.push_str(", e = :e");
        values.push((":e", text(error)));
    }
    if let Some(moment) = release.not_before {
        update.push_str(", u = :u, ua = :a");
        values.push((":u", number(moment.as_millis())));
    }
    if let Some(expires) = release.expires {
        update.push_str(", x = :x");
        values.push((":x", seconds(expires)));
    }
    update.push_str(" REMOVE l, o");
    settling(update, held, values)
}

fn settling(
    update: String,
    held: &Held,
    values: impl IntoIterator<Item = (&'static str, AttributeValue)>,
) -> Expression {
    let fence = HashMap::from([
        (":R".to_owned(), text(state_letter(State::Running))),
        (":a".to_owned(), number(held.token)),
    ]);
    Expression {
        update,
        condition: HELD.to_owned(),
        values: with(fence, values),
        answers: false,
    }
}

fn taking(request: &ClaimRequest) -> HashMap<String, AttributeValue> {
    with(
        HashMap::new(),
        [
            (":R", text(state_letter(State::Running))),
            (":l", number(request.lease.as_millis())),
            (":o", number(request.owner)),
            (":m", text(&request.message)),
            (":j", text(&request.job)),
            (":g", number(request.generation)),
            (":x", seconds(request.expires)),
            (":i", number(u8::from(request.alone))),
        ]
        .into_iter()
        .chain(request.side.map(|side| (":w", text(side_letter(side))))),
    )
}

fn with(
    mut values: HashMap<String, AttributeValue>,
    more: impl IntoIterator<Item = (&'static str, AttributeValue)>,
) -> HashMap<String, AttributeValue> {
    values.extend(
        more.into_iter()
            .map(|(name, value)| (name.to_owned(), value)),
    );
    values
}
