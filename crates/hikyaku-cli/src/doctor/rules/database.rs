//! Databases behind functions.

use super::super::stack::Function;
use super::{Finding, Rule, Severity, Stack};

/// Variables by which functions are told of a relational database: Laravel's, libpq's, MySQL's, and what everybody calls it.
const NAMES: [&str; 7] = [
    "DATABASE_URL",
    "DATABASE_HOST",
    "DB_URL",
    "DB_HOST",
    "PGHOST",
    "MYSQL_HOST",
    "RDS_HOSTNAME",
];

pub(super) static RULE: Rule = Rule {
    id: "database-connections",
    severity: Severity::Warning,
    title: "Nothing limits how many functions connect to a database at once",
    why: "A full queue makes Lambda start up to 1,250 functions, each with a connection of its own. A small database has some 80, and the \
          application needs most of them: its pages fail first.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html",
    fix: "ScalingConfig: { MaximumConcurrency: 5 }",
    check,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let unlimited = stack.mappings.iter().filter_map(|mapping| {
        let function = &stack.functions[mapping.function?];
        let name = database_of(function)?;
        let is_limited =
            mapping.part.has("ScalingConfig") || function.part.has("ReservedConcurrentExecutions");
        let what = format!(
            "{} has {name}, and {} no MaximumConcurrency",
            function.id(),
            mapping.part.id
        );
        (!is_limited).then(|| RULE.found(&mapping.part.id, mapping.part.line, what))
    });
    unlimited.collect()
}

fn database_of(function: &Function) -> Option<&'static str> {
    let is_told = |name: &&str| function.own_variables().any(|(known, _)| known == *name);
    NAMES.into_iter().find(is_told)
}
