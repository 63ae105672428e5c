//! The functions that do the work of a place: found by what their environment says, so that nobody has to name them.
//!
//! AWS Lambda API reference, `ListFunctions`.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::outcome::OperatorError;
use crate::place::{List, Reach, has_php};

/// Lambda gives fifty a page.
const FUNCTIONS: List = List {
    operation: "ListFunctions",
    path: "/2015-03-31/functions/",
    member: "Functions",
    what: "functions",
};

/// The default of `HIKYAKU_LEDGER_TABLE`.
const DEFAULT_LEDGER: &str = "hikyaku";

/// One function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Where its lines are. The name need not be in it.
    pub(crate) log_group: String,
    /// Whether it has PHP as its other side, and so reads routes.
    pub(crate) has_php: bool,
    /// Its ledger; none if nothing in its environment is for this library.
    ledger: Option<String>,
}

impl Function {
    fn of(configuration: &Json) -> Option<Self> {
        let name = configuration["FunctionName"].as_str()?;
        let log_group = configuration["LoggingConfig"]["LogGroup"].as_str();
        let variables = configuration["Environment"]["Variables"].as_object();
        let is_ours =
            variables.is_some_and(|all| all.keys().any(|name| name.starts_with("HIKYAKU_")));
        let ledger = variables.and_then(|all| all.get("HIKYAKU_LEDGER_TABLE")?.as_str());
        Some(Self {
            name: name.to_owned(),
            log_group: log_group.map_or_else(|| format!("/aws/lambda/{name}"), str::to_owned),
            has_php: has_php(|name| variables?.get(name)?.as_str()),
            ledger: is_ours.then(|| ledger.unwrap_or(DEFAULT_LEDGER).to_owned()),
        })
    }
}

impl Reach {
    /// The functions of this place: those with its ledger, and on the local cloud all.
    pub(crate) async fn functions(&self) -> Result<Vec<Function>, OperatorError> {
        let all = self.all_functions().await?;
        if self.local.is_some() {
            return Ok(all);
        }
        let ledger = &self.config.ledger_table;
        let is_here = |function: &&Function| function.ledger.as_ref() == Some(ledger);
        let here: Vec<_> = all.iter().filter(is_here).cloned().collect();
        if here.is_empty() {
            return Err(OperatorError::Given(none_here(ledger, &self.name(), &all)));
        }
        Ok(here)
    }

    /// The functions that are called so, or whose names hold one of these texts; what begins with a slash is a log group.
    pub(crate) async fn functions_named(
        &self,
        names: &[String],
    ) -> Result<Vec<Function>, OperatorError> {
        let (groups, names): (Vec<_>, Vec<_>) =
            names.iter().partition(|name| name.starts_with('/'));
        let mut found: Vec<_> = groups.into_iter().map(|name| group(name)).collect();
        if names.is_empty() {
            return Ok(found);
        }
        let all = self.all_functions().await?;
        for name in names {
            let chosen = chosen(&all, name);
            if chosen.is_empty() {
                let all: Vec<_> = all.iter().map(|function| function.name.as_str()).collect();
                return Err(OperatorError::Given(format!(
                    "no function of {} has `{name}` in its name; there are {}",
                    self.name(),
                    if all.is_empty() {
                        "none".to_owned()
                    } else {
                        all.join(", ")
                    }
                )));
            }
            found.extend(chosen);
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        found.dedup();
        Ok(found)
    }

    async fn all_functions(&self) -> Result<Vec<Function>, OperatorError> {
        let all = self.lambda_list(&FUNCTIONS).await?;
        Ok(all.iter().filter_map(Function::of).collect())
    }
}

fn group(name: &str) -> Function {
    let of_function = name.strip_prefix("/aws/lambda/");
    Function {
        name: of_function.unwrap_or(name).to_owned(),
        log_group: name.to_owned(),
        has_php: false,
        ledger: None,
    }
}

fn chosen(all: &[Function], name: &str) -> Vec<Function> {
    let exact = all.iter().find(|function| function.name == name);
    match exact {
        Some(function) => vec![function.clone()],
        None => all
            .iter()
            .filter(|function| function.name.contains(name))
            .cloned()
            .collect(),
    }
}

fn none_here(ledger: &str, place: &str, all: &[Function]) -> String {
    let ledgers: BTreeSet<_> = all
        .iter()
        .filter_map(|function| function.ledger.as_deref())
        .collect();
    let ledgers: Vec<_> = ledgers.into_iter().collect();
    let next = if ledgers.is_empty() {
        "is this the right account and region?".to_owned()
    } else {
        format!(
            "say --ledger-table with one of those that functions have: {}",
            ledgers.join(", ")
        )
    };
    format!("no function of {place} has the ledger `{ledger}` (HIKYAKU_LEDGER_TABLE); {next}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn functions() -> Vec<Function> {
        let all = json!([
            { "FunctionName": "shop-ImportCsvFunction-1A", "LoggingConfig": { "LogGroup": "shop-ImportCsvLog-9Z" },
              "Environment": { "Variables": { "HIKYAKU_LEDGER_TABLE": "shop-Ledger" } } },
            { "FunctionName": "shop-Import", "Environment": { "Variables": { "HIKYAKU_METRICS": "jobs" } } },
            { "FunctionName": "another" },
        ]);
        let all = all.as_array().unwrap();
        all.iter().filter_map(Function::of).collect()
    }

    #[test]
    fn a_function_has_its_own_log_group_and_ledger_or_the_default_ones() {
        let [csv, plain, another] = functions().try_into().unwrap();
        assert_eq!(csv.log_group, "shop-ImportCsvLog-9Z");
        assert_eq!(csv.ledger.as_deref(), Some("shop-Ledger"));
        assert_eq!(plain.log_group, "/aws/lambda/shop-Import");
        assert_eq!(plain.ledger.as_deref(), Some("hikyaku"));
        assert_eq!(another.ledger, None, "it is somebody else's");
    }

    #[test]
    fn a_part_of_a_name_is_enough_and_a_whole_name_means_only_itself() {
        let names = |name: &str| -> Vec<String> {
            let found = chosen(&functions(), name).into_iter();
            found.map(|function| function.name).collect()
        };
        assert_eq!(names("ImportCsv"), ["shop-ImportCsvFunction-1A"]);
        assert_eq!(names("shop-Import"), ["shop-Import"]);
        assert_eq!(names("nothing"), Vec::<String>::new());
    }

    #[test]
    fn where_no_function_has_the_ledger_those_that_there_are_are_named() {
        let said = none_here("typo", "region eu-west-1", &functions());
        assert!(
            said.ends_with("functions have: hikyaku, shop-Ledger"),
            "{said}"
        );
        assert!(none_here("typo", "x", &[]).ends_with("account and region?"));
    }
}
