//! How functions are built from a Cargo workspace.

use super::super::project::Workspace;
use super::super::stack::{Function, Seen};
use super::{Finding, Rule, Severity, Stack};

pub(super) static PANIC: Rule = Rule {
    id: "panic-abort",
    severity: Severity::Error,
    title: "A panic ends the whole process",
    why: "With `panic = \"abort\"`, which cargo-lambda sets unless the manifest says otherwise, one panicking job takes down every job of \
          its batch, and none of them is reported. With `unwind` it is one failed try of one job.",
    page: "https://doc.rust-lang.org/cargo/reference/profiles.html#panic",
    fix: "[profile.release]\npanic = \"unwind\"",
    check: check_panic,
};

pub(super) static BINARY: Rule = Rule {
    id: "binary",
    severity: Severity::Error,
    title: "A function's binary does not exist",
    why: "`sam build` fails, or puts another binary into the function.",
    page: "https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-rust.html",
    fix: "Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: orders } }",
    check: check_binary,
};

pub(super) static NATIVE: Rule = Rule {
    id: "target-cpu",
    severity: Severity::Error,
    title: "A function is built for the machine that builds it",
    why: "With `target-cpu=native` the compiler uses whatever the build machine's processor can do. Lambda's may lack it: the function \
          then ends with an illegal instruction, on some machines and not on others.",
    page: "https://doc.rust-lang.org/rustc/codegen-options/index.html#target-cpu",
    fix: "rustflags = [\"-C\", \"target-cpu=x86-64-v3\"]  # for x86_64; neoverse-n1 for arm64",
    check: check_native,
};

pub(super) static STALE: Rule = Rule {
    id: "stale-build",
    severity: Severity::Warning,
    title: "A function is built from a folder inside a workspace",
    why: "`sam build --cached` looks for changes in CodeUri alone. A change in another crate of the workspace is not noticed, and the old \
          binary is deployed.",
    page: "https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-rust.html",
    fix: "CodeUri: .  # the workspace; BuildProperties.Binary says which binary",
    check: check_stale,
};

fn built(stack: &Stack) -> impl Iterator<Item = (&Function, &Workspace)> {
    let functions = stack.functions.iter();
    functions.filter_map(|function| Some((function, stack.project.workspaces.get(function.id())?)))
}

fn check_panic(stack: &Stack) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for (function, workspace) in built(stack) {
        let file = stack.shown(&workspace.manifest);
        let what = match workspace.panic.value.as_deref() {
            Some("abort") => "the release profile says `panic = \"abort\"`",
            Some(_) => continue,
            None => {
                "the release profile does not say `panic = \"unwind\"`, and cargo-lambda then builds with abort"
            }
        };
        let known = found.iter().any(|known| known.file.as_ref() == Some(&file));
        if !known {
            // Others than the engine do not catch panics anyway; their batch fails as a whole in either case.
            let severity = if function.is_hikyaku() {
                Severity::Error
            } else {
                Severity::Warning
            };
            let finding = PANIC.found(function.id(), workspace.panic.line, what);
            found.push(finding.file(file).severity(severity));
        }
    }
    found
}

fn check_binary(stack: &Stack) -> Vec<Finding> {
    let found = built(stack).filter_map(|(function, workspace)| {
        let names = workspace
            .binaries
            .iter()
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        let what = match function.binary() {
            Seen::Known(name) if !workspace.has(&name) => {
                format!("there is no binary `{name}`; there are {names}")
            }
            Seen::Absent if workspace.binaries.len() > 1 => {
                format!("no Binary is named, and there are {names}")
            }
            _ => return None,
        };
        let line = function.metadata.line_of("BuildProperties.Binary");
        let name = workspace.binaries.first()?;
        let fix = BINARY.fix.replace("orders", name);
        Some(BINARY.found(function.id(), line, what).fix(fix))
    });
    found.collect()
}

fn check_native(stack: &Stack) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for (function, workspace) in built(stack) {
        let Some((config, line)) = &workspace.native else {
            continue;
        };
        let file = stack.shown(config);
        if !found.iter().any(|known| known.file.as_ref() == Some(&file)) {
            let what = "the flags of rustc say `target-cpu=native`";
            found.push(NATIVE.found(function.id(), *line, what).file(file));
        }
    }
    found
}

fn check_stale(stack: &Stack) -> Vec<Finding> {
    let members = built(stack).filter(|(_, workspace)| workspace.is_member);
    members
        .map(|(function, workspace)| {
            let what = format!(
                "{} is built from a part of the workspace of {}",
                function.id(),
                stack.shown(&workspace.manifest)
            );
            STALE.found(function.id(), function.part.line_of("CodeUri"), what)
        })
        .collect()
}
