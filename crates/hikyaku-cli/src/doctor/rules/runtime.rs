//! What a function runs on.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use super::super::stack::Function;
use super::{Finding, Rule, Severity, Stack};

pub(super) static SUPPORT: Rule = Rule {
    id: "runtime-support",
    severity: Severity::Warning,
    title: "A runtime is out of support",
    why: "AWS mends nothing in it any more, and after some months refuses first to create and then to update functions on it.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html",
    fix: "Runtime: provided.al2023",
    check: check_support,
};

pub(super) static SNAP_START: Rule = Rule {
    id: "snap-start",
    severity: Severity::Error,
    title: "SnapStart is asked for where there is none",
    why: "AWS refuses SnapStart for an OS-only runtime, such as `provided.al2023`, and for images.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html",
    fix: "SnapStart: { ApplyOn: None }",
    check: check_snap_start,
};

/// Runtimes, the last day of their support, and what follows (page `lambda-runtimes` of the Lambda guide, as of November 2026).
const SUPPORT_ENDS: [(&str, Date, &str); 33] = [
    ("nodejs4.3", date(2020, 3, 5), "nodejs24.x"),
    ("nodejs4.3-edge", date(2020, 3, 5), "nodejs24.x"),
    ("nodejs8.10", date(2020, 3, 6), "nodejs24.x"),
    ("python2.7", date(2021, 7, 15), "python3.14"),
    ("nodejs10.x", date(2021, 7, 30), "nodejs24.x"),
    ("ruby2.5", date(2021, 7, 30), "ruby4.0"),
    ("dotnetcore2.1", date(2022, 1, 5), "dotnet10"),
    ("python3.6", date(2022, 7, 18), "python3.14"),
    ("nodejs12.x", date(2023, 3, 31), "nodejs24.x"),
    ("dotnetcore3.1", date(2023, 4, 3), "dotnet10"),
    ("nodejs14.x", date(2023, 12, 4), "nodejs24.x"),
    ("python3.7", date(2023, 12, 4), "python3.14"),
    ("ruby2.7", date(2023, 12, 7), "ruby4.0"),
    ("go1.x", date(2024, 1, 8), "provided.al2023"),
    ("java8", date(2024, 1, 8), "java25"),
    ("provided", date(2024, 1, 8), "provided.al2023"),
    ("nodejs16.x", date(2024, 6, 12), "nodejs24.x"),
    ("python3.8", date(2024, 10, 14), "python3.14"),
    ("dotnet6", date(2024, 12, 20), "dotnet10"),
    ("nodejs18.x", date(2025, 9, 1), "nodejs24.x"),
    ("python3.9", date(2025, 12, 15), "python3.14"),
    ("ruby3.2", date(2026, 3, 31), "ruby4.0"),
    ("nodejs20.x", date(2026, 4, 30), "nodejs24.x"),
    ("provided.al2", date(2026, 7, 31), "provided.al2023"),
    ("python3.10", date(2026, 10, 31), "python3.14"),
    ("dotnet8", date(2026, 11, 10), "dotnet10"),
    ("dotnet9", date(2026, 11, 10), "dotnet10"),
    ("ruby3.3", date(2027, 3, 31), "ruby4.0"),
    ("nodejs22.x", date(2027, 4, 30), "nodejs24.x"),
    ("java11", date(2027, 6, 30), "java25"),
    ("java17", date(2027, 6, 30), "java25"),
    ("java8.al2", date(2027, 6, 30), "java25"),
    ("python3.11", date(2027, 6, 30), "python3.14"),
];

fn check_support(stack: &Stack) -> Vec<Finding> {
    let today = jiff::Timestamp::from_millisecond(stack.now.as_millis().cast_signed());
    let Ok(today) = today.map(|now| TimeZone::UTC.to_datetime(now).date()) else {
        return Vec::new();
    };
    let found = stack.functions.iter().filter_map(|function| {
        let runtime = function.part.text("Runtime").known()?;
        let (_, ended, successor) = SUPPORT_ENDS.iter().find(|(name, ..)| *name == runtime)?;
        let what = format!("the support of {runtime} ended on {ended}");
        let line = function.part.line_of("Runtime");
        let found = || {
            SUPPORT
                .found(function.id(), line, what)
                .fix(format!("Runtime: {successor}"))
        };
        (*ended < today).then(found)
    });
    found.collect()
}

fn check_snap_start(stack: &Stack) -> Vec<Finding> {
    let asked = stack.functions.iter().filter(|function| {
        let applies = function.part.text("SnapStart.ApplyOn").known();
        applies.as_deref() == Some("PublishedVersions") && is_without(function)
    });
    asked
        .map(|function| {
            let what = format!("{} has no runtime with SnapStart", function.id());
            let line = function.part.line_of("SnapStart.ApplyOn");
            SNAP_START.found(function.id(), line, what)
        })
        .collect()
}

/// An image, or a runtime that is an operating system alone.
fn is_without(function: &Function) -> bool {
    let is_image = function.part.text("PackageType").known().as_deref() == Some("Image");
    let runtime = function.part.text("Runtime").known();
    is_image || runtime.is_some_and(|runtime| runtime.starts_with("provided"))
}
