//! Whether a route would change anything: a function has to register the class, and to have PHP as its other side.

use std::collections::BTreeSet;

use hikyaku::core::Route;

use crate::outcome::OperatorError;
use crate::place::{LocalCloud, Reach};

/// Refuses a route that nobody would go by.
///
/// On the local cloud the functions' binaries say which jobs they register. On AWS nobody does: there only the functions'
/// environment is looked at (one `ListFunctions`), and where that may not be read, nothing is.
pub(super) async fn check(reach: &Reach, class: &str, route: Route) -> Result<(), OperatorError> {
    let needs_php = route.in_rust() < 100;
    if let Some(local) = &reach.local {
        return on_local(local, class, needs_php).map_err(OperatorError::Given);
    }
    if !needs_php || !reach.has_lambda() {
        return Ok(());
    }
    match reach.functions().await {
        Ok(functions) if !functions.iter().any(|function| function.has_php) => {
            let place = reach.name();
            Err(OperatorError::Given(format!(
                "no function of {place} reads routes: none has PHP as its other side (HIKYAKU_PHP_URL; docs/lane.md, \
                 \"Routing\"), so `{class}` runs in Rust where it is registered, whatever its route says"
            )))
        }
        _ => Ok(()),
    }
}

fn on_local(local: &LocalCloud, class: &str, needs_php: bool) -> Result<(), String> {
    let functions = &local.functions;
    let registers = |jobs: &Option<Vec<String>>| {
        let mut jobs = jobs.iter().flatten();
        jobs.any(|job| job == class)
    };
    let of_class: Vec<_> = functions
        .iter()
        .filter(|function| registers(&function.jobs))
        .collect();
    if of_class.is_empty() {
        // One that does not say may be the one.
        if functions.is_empty() || functions.iter().any(|function| function.jobs.is_none()) {
            return Ok(());
        }
        let jobs = functions
            .iter()
            .filter_map(|function| function.jobs.as_ref());
        let known: BTreeSet<_> = jobs.flatten().map(String::as_str).collect();
        let known: Vec<_> = known.into_iter().collect();
        return Err(format!(
            "no function of the local cloud registers `{class}`, so no route changes where it runs (registered are {})",
            if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            }
        ));
    }
    if needs_php && !of_class.iter().any(|function| function.has_php) {
        let names: Vec<_> = of_class
            .iter()
            .map(|function| function.name.as_str())
            .collect();
        return Err(format!(
            "`{class}` is registered in {}, which reads no routes: it does not have PHP as its other side (HIKYAKU_PHP_URL; \
             docs/lane.md, \"Routing\"), so its jobs run in Rust whatever the route says",
            names.join(", ")
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::place::LocalFunction;

    fn local(functions: &[(&str, Option<&[&str]>, bool)]) -> LocalCloud {
        let functions = functions.iter().map(|(name, jobs, has_php)| LocalFunction {
            name: (*name).to_owned(),
            jobs: jobs.map(|jobs| jobs.iter().map(|job| (*job).to_owned()).collect()),
            has_php: *has_php,
        });
        LocalCloud {
            variables: BTreeMap::new(),
            lambda: String::new(),
            queues: Vec::new(),
            functions: functions.collect(),
        }
    }

    #[test]
    fn a_route_is_for_a_class_that_is_registered_where_both_sides_are() {
        let both: &[_] = &[
            ("rust", Some(&["A", "B"][..]), false),
            ("both", Some(&["B"][..]), true),
            ("lane", Some(&[][..]), true),
        ];
        let says = |functions: &[_], class: &str, needs_php: bool| {
            on_local(&local(functions), class, needs_php)
        };
        assert_eq!(says(both, "B", true), Ok(()));
        assert_eq!(says(both, "A", false), Ok(()), "it is so already");
        let refused = says(both, "A", true).unwrap_err();
        assert!(
            refused.contains("registered in rust, which reads no routes"),
            "{refused}"
        );
        for needs_php in [true, false] {
            let refused = says(both, "C", needs_php).unwrap_err();
            assert!(refused.contains("registered are A, B)"), "{refused}");
        }
    }

    #[test]
    fn what_cannot_be_known_refuses_nothing() {
        let silent: &[_] = &[("rust", Some(&["A"][..]), false), ("silent", None, true)];
        assert_eq!(on_local(&local(silent), "C", true), Ok(()));
        assert_eq!(on_local(&local(&[]), "C", true), Ok(()), "an older file");
        assert!(on_local(&local(silent), "A", true).is_err());
    }
}
