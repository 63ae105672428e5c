//! The engine's tables.

use hikyaku_local::template::Node;

use super::super::stack::Part;
use super::super::stack::part::one_or_many;
use super::{Finding, Rule, Severity, Stack};

/// A table of the engine: the variable that names it, its two keys, and where the end of an item's life stands.
struct Wanted {
    variable: &'static str,
    partition: &'static str,
    sort: &'static str,
    expiry: &'static str,
}

const WANTED: [Wanted; 2] = [
    Wanted {
        variable: "HIKYAKU_LEDGER_TABLE",
        partition: "pk",
        sort: "sk",
        expiry: "x",
    },
    Wanted {
        variable: "HIKYAKU_FAILED_TABLE",
        partition: "application",
        sort: "uuid",
        expiry: "expires_at",
    },
];

pub(super) static KEYS: Rule = Rule {
    id: "table-keys",
    severity: Severity::Error,
    title: "A table of the engine has other keys than the engine writes",
    why: "Every write is refused with ValidationException. The ledger has `pk` and `sk`; failed jobs have Laravel's schema, `application` \
          and `uuid`. All are strings.",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.CoreComponents.html",
    fix: "KeySchema:\n  - { AttributeName: pk, KeyType: HASH }\n  - { AttributeName: sk, KeyType: RANGE }",
    check: check_keys,
};

pub(super) static EXPIRY: Rule = Rule {
    id: "table-expiry",
    severity: Severity::Warning,
    title: "A table of the engine never forgets",
    why: "The engine writes into each item when it may go. Without TTL on that attribute the table grows for ever, and is paid for.",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html",
    fix: "TimeToLiveSpecification: { AttributeName: x, Enabled: true }",
    check: check_expiry,
};

pub(super) static RECOVERY: Rule = Rule {
    id: "table-recovery",
    severity: Severity::Warning,
    title: "A table of the engine cannot be restored",
    why: "A failed job is in its table alone: the message is deleted. And without the ledger, jobs that are done may run again. A table \
          that is deleted or overwritten by mistake comes back only with point-in-time recovery.",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html",
    fix: "PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }",
    check: check_recovery,
};

pub(super) static REPLICAS: Rule = Rule {
    id: "table-replicas",
    severity: Severity::Error,
    title: "The ledger has replicas in other regions",
    why: "A claim is a conditional write, and replicas are told of it later. Two regions can grant the same claim, and a job runs twice at the same time.",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html",
    fix: "Type: AWS::DynamoDB::Table  # one region; or a GlobalTable with a single replica",
    check: check_replicas,
};

/// Each table that a function's environment names, once.
fn tables(stack: &Stack) -> Vec<(&'static Wanted, &Part)> {
    let mut found: Vec<(&Wanted, &Part)> = Vec::new();
    for wanted in &WANTED {
        for function in &stack.functions {
            let named = function
                .variables()
                .find(|(name, _)| *name == wanted.variable);
            let table = named.and_then(|(_, value)| stack.table(value.text()?));
            if let Some(table) = table
                && !found.iter().any(|(_, known)| known.id == table.id)
            {
                found.push((wanted, table));
            }
        }
    }
    found
}

fn check_keys(stack: &Stack) -> Vec<Finding> {
    let wrong = tables(stack).into_iter().filter(|(wanted, table)| {
        let keys = one_or_many(table.at("KeySchema"));
        let types = one_or_many(table.at("AttributeDefinitions"));
        let has = |list: &[Node], name: &str, key: &str, value: &str| {
            list.iter().any(|node| {
                let part = Part::new("", node.line, Some(node));
                part.text("AttributeName").known().as_deref() == Some(name)
                    && part.text(key).known().as_deref() == Some(value)
            })
        };
        !(has(keys, wanted.partition, "KeyType", "HASH")
            && has(keys, wanted.sort, "KeyType", "RANGE")
            && has(types, wanted.partition, "AttributeType", "S")
            && has(types, wanted.sort, "AttributeType", "S"))
    });
    wrong
        .map(|(wanted, table)| {
            let (partition, sort) = (wanted.partition, wanted.sort);
            let what = format!(
                "{} is {}, whose keys are the strings `{partition}` and `{sort}`",
                wanted.variable, table.id
            );
            KEYS.found(&table.id, table.line_of("KeySchema"), what).fix(format!(
                "AttributeDefinitions:\n  - {{ AttributeName: {partition}, AttributeType: S }}\n  - {{ AttributeName: {sort}, AttributeType: S }}\n\
                 KeySchema:\n  - {{ AttributeName: {partition}, KeyType: HASH }}\n  - {{ AttributeName: {sort}, KeyType: RANGE }}"
            ))
        })
        .collect()
}

fn check_expiry(stack: &Stack) -> Vec<Finding> {
    let forgetless = tables(stack).into_iter().filter(|(wanted, table)| {
        let attribute = table.text("TimeToLiveSpecification.AttributeName");
        let enabled = table.flag("TimeToLiveSpecification.Enabled").or(false);
        enabled == Some(false)
            || attribute
                .or(String::new())
                .is_some_and(|name| name != wanted.expiry)
    });
    forgetless
        .map(|(wanted, table)| {
            let what = format!("{} has no TTL on `{}`", table.id, wanted.expiry);
            let fix = format!(
                "TimeToLiveSpecification: {{ AttributeName: {}, Enabled: true }}",
                wanted.expiry
            );
            EXPIRY
                .found(&table.id, table.line_of("TimeToLiveSpecification"), what)
                .fix(fix)
        })
        .collect()
}

fn check_recovery(stack: &Stack) -> Vec<Finding> {
    let key = "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled";
    let lost = tables(stack)
        .into_iter()
        .filter(|(_, table)| table.flag(key).or(false) == Some(false));
    lost.map(|(_, table)| {
        let what = format!("{} has no point-in-time recovery", table.id);
        RECOVERY.found(&table.id, table.line_of(key), what)
    })
    .collect()
}

fn check_replicas(stack: &Stack) -> Vec<Finding> {
    let tables = stack.of_kind("AWS::DynamoDB::GlobalTable").into_iter();
    let ledgers = tables.filter(|table| {
        let names = stack.functions.iter().filter_map(|function| {
            function
                .part
                .reference("Environment.Variables.HIKYAKU_LEDGER_TABLE")
        });
        one_or_many(table.at("Replicas")).len() > 1
            && names.into_iter().any(|name| stack.is(&table.id, name))
    });
    ledgers
        .map(|table| {
            let what = format!("{} is the ledger and is replicated", table.id);
            REPLICAS.found(&table.id, table.line_of("Replicas"), what)
        })
        .collect()
}
