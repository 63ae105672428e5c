//! `hikyaku doctor`: what of a template would hurt in production.

mod deployed;
mod finding;
mod print;
mod project;
mod reference;
mod rules;
mod stack;

pub(crate) use project::{Workspace, of_binary as jobs_of_binary};

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;
use hikyaku::SystemClock;
use hikyaku::core::Clock as _;
use hikyaku_local::template::{Environment, Template, TemplateError};

use crate::output::{self, Text};
use deployed::{Aws, DeployedError};
use finding::{Finding, Severity};
use print::Report;
use project::Project;
use stack::Stack;
use stack::part::texts;

/// What `hikyaku doctor` takes.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The SAM or CloudFormation template, YAML or JSON
    #[arg(long, value_name = "FILE", default_value = "template.yaml")]
    template: PathBuf,
    /// Look at functions, or at all functions of a stack, as they are in the account, instead of a template
    #[arg(long, value_name = "NAME", num_args = 1.., conflicts_with_all = ["template", "parameters"])]
    deployed: Vec<String>,
    /// A value for a parameter of the template; may be repeated
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = crate::dev::name_and_value)]
    parameters: Vec<(String, String)>,
    /// A rule that is not to be looked at; `not-looked-at` lets --strict succeed all the same; may be repeated
    #[arg(long = "ignore", value_name = "RULE", value_parser = PossibleValuesParser::new(words()), hide_possible_values = true)]
    ignored: Vec<String>,
    /// Fail on warnings, and on what could not be looked at, too
    #[arg(long)]
    strict: bool,
    /// Print findings as JSON
    #[arg(long)]
    json: bool,
    /// Print what is looked for, with reasons, sources and fixes, and stop
    #[arg(long)]
    rules: bool,
}

/// Why the doctor is not content.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DoctorError {
    /// The template cannot be read.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// What is deployed cannot be looked at.
    #[error(transparent)]
    Deployed(#[from] DeployedError),
    /// There are findings that fail.
    #[error("{0}; `hikyaku doctor --rules` explains all rules")]
    Found(String),
    /// With `--strict`, something was not looked at.
    #[error(
        "{count} of what --strict asks for could not be looked at: make it known as \"Not looked at\" says, accept `{NOT_LOOKED_AT}` in \
         the Metadata of the resource, or add --ignore {NOT_LOOKED_AT}"
    )]
    NotLookedAt {
        /// How many.
        count: usize,
    },
}

/// What stands for everything that could not be looked at, where a rule's name stands.
const NOT_LOOKED_AT: &str = "not-looked-at";

/// What can be ignored.
fn words() -> impl Iterator<Item = &'static str> {
    let rules = rules::ALL.iter().map(|rule| rule.id);
    rules.chain([NOT_LOOKED_AT])
}

impl Doctor {
    /// Prints findings. An error if one of them is an error, or with `--strict` a warning or something that was not looked at.
    pub(crate) fn run(self) -> Result<(), DoctorError> {
        if self.rules {
            output::say(&Text::block("", &reference::markdown()));
            return Ok(());
        }
        let report = if self.deployed.is_empty() {
            self.examine_template()?
        } else {
            self.examine_deployed()?
        };
        self.print(&report)
    }

    fn examine_template(&self) -> Result<Report, DoctorError> {
        let template = Template::read(&self.template)?;
        let environment = Environment {
            parameters: self.parameters.iter().cloned().collect::<BTreeMap<_, _>>(),
            ..Environment::new("https://sqs.us-east-1.amazonaws.com")
        };
        let folder = self.template.parent().unwrap_or(Path::new(""));
        let folder = if folder == Path::new("") {
            Path::new(".")
        } else {
            folder
        };
        let mut stack = Stack::read(&template, &environment, folder, SystemClock.now())?;
        stack.project = Project::look(&stack.functions, folder);
        Ok(Report {
            template: template.source().to_owned(),
            findings: findings(&stack, &self.ignored),
            unchecked: unchecked(&stack),
        })
    }

    fn examine_deployed(&self) -> Result<Report, DoctorError> {
        let (template, environment, unchecked) = deployed::read(&Aws::from_env()?, &self.deployed)?;
        let stack = Stack::read(&template, &environment, Path::new(""), SystemClock.now())?;
        Ok(Report {
            template: self.deployed.join(" "),
            findings: deployed_findings(&stack, &self.ignored),
            unchecked,
        })
    }

    fn print(&self, report: &Report) -> Result<(), DoctorError> {
        if self.json {
            output::json(&report.to_json());
        } else {
            output::say(&Text::block("", &report.to_text()));
        }
        let failing = report
            .findings
            .iter()
            .any(|finding| match finding.severity {
                Severity::Error => true,
                Severity::Warning => self.strict,
                Severity::Note => false,
            });
        if failing {
            return Err(DoctorError::Found(report.summary()));
        }
        let ignores = self.ignored.iter().any(|word| word == NOT_LOOKED_AT);
        let count = report.unchecked.len();
        if self.strict && count > 0 && !ignores {
            return Err(DoctorError::NotLookedAt { count });
        }
        if !self.json {
            say!("{}", report.summary());
        }
        Ok(())
    }
}

/// What all rules find, but for what the template accepts, in the order of the text.
fn findings(stack: &Stack, ignored: &[String]) -> Vec<Finding> {
    let looked_for = rules::ALL
        .iter()
        .filter(|rule| !ignored.iter().any(|id| id == rule.id));
    let found = looked_for.flat_map(|rule| (rule.check)(stack));
    let mut found: Vec<Finding> = found
        .filter(|finding| !accepts(stack, &finding.resource, finding.rule.id))
        .map(|finding| in_its_file(stack, finding))
        .collect();
    found.sort_by(|left, right| (&left.file, left.line).cmp(&(&right.file, right.line)));
    found.dedup_by(|later, earlier| {
        later.rule.id == earlier.rule.id && later.line == earlier.line && later.what == earlier.what
    });
    found
}

/// Rules count lines over all files of a template; people see those of one file.
fn in_its_file(stack: &Stack, mut finding: Finding) -> Finding {
    if finding.file.is_none() && finding.line > 0 {
        let place = stack.lines.place(finding.line);
        finding.file = Some(place.source).filter(|source| *source != stack.source);
        finding.line = place.line;
    }
    finding
}

/// What the rules find that need no text. There are no lines.
fn deployed_findings(stack: &Stack, ignored: &[String]) -> Vec<Finding> {
    let mut found = findings(stack, ignored);
    found.retain(|finding| deployed::RULES.contains(&finding.rule.id));
    for finding in &mut found {
        finding.line = 0;
    }
    found
}

/// `Metadata: { Doctor: { Accept: [word] } }` on the resource, or on the function of an event.
fn accepts(stack: &Stack, resource: &str, word: &str) -> bool {
    let id = resource.split('.').next().unwrap_or_default();
    let accepted = stack
        .resource(id)
        .map(|whole| texts(whole.at("Metadata.Doctor.Accept")));
    accepted.is_some_and(|accepted| accepted.iter().any(|accepted| accepted == word))
}

/// Words under `Accept` that are no rule: what they were meant for is still looked for.
fn accepted_in_vain(stack: &Stack) -> Vec<String> {
    let accepted = stack.wholes().flat_map(|whole| {
        let words = texts(whole.at("Metadata.Doctor.Accept")).into_iter();
        words.map(move |word| (whole.id.as_str(), word))
    });
    accepted
        .filter(|(_, word)| !words().any(|known| known == word))
        .map(|(id, word)| format!("{id}: it accepts `{word}`, which is no rule"))
        .collect()
}

fn unchecked(stack: &Stack) -> Vec<String> {
    let mut reasons = stack.unseen();
    reasons.extend(rules::unseen_networks(stack));
    reasons.extend(stack.project.unchecked.iter().cloned());
    // Each begins with its resource.
    let resource = |reason: &String| reason.split(':').next().unwrap_or_default().to_owned();
    reasons.retain(|reason| !accepts(stack, &resource(reason), NOT_LOOKED_AT));
    reasons.extend(accepted_in_vain(stack));
    reasons
}
