//! What a project and a job may be called, so that Cargo, Lambda and Laravel all take it.

use std::str::FromStr;

/// Of Cargo's package names, as of CloudFormation's stack names, which may be longer; also a binary and a folder.
const LONGEST: usize = 64;

/// What the project depends on, what Cargo keeps for itself (its folders below `target/debug`), and Rust's own crates.
const TAKEN_PACKAGES: [&str; 14] = [
    "alloc",
    "build",
    "core",
    "deps",
    "examples",
    "hikyaku",
    "incremental",
    "proc-macro",
    "serde",
    "std",
    "test",
    "tokio",
    "tracing",
    "hikyaku-core",
];

/// What the generated code names itself.
const TAKEN_TYPES: [&str; 16] = [
    "Context",
    "Deserialize",
    "Duration",
    "Err",
    "Guarantee",
    "Job",
    "JobError",
    "None",
    "Ok",
    "Option",
    "Outcome",
    "Result",
    "Serialize",
    "Some",
    "String",
    "Worker",
];

/// Names that no module can have: Rust's keywords, strict and reserved (The Rust Reference, "Keywords"), and `main`.
const TAKEN_MODULES: [&str; 53] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "main", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "union",
];

/// A package's name in kebab-case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PackageName(String);

impl PackageName {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PackageName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_kebab = text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.split('-').all(|word| {
                !word.is_empty()
                    && word
                        .chars()
                        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            });
        if !is_kebab {
            return Err(format!(
                "a project's name is lower-case words with hyphens between them, such as {}",
                kebab_of(text).unwrap_or("shop-jobs".to_owned())
            ));
        }
        if text.len() > LONGEST {
            return Err(format!("a project's name has {LONGEST} letters at most"));
        }
        if TAKEN_PACKAGES.contains(&text) || TAKEN_MODULES.contains(&text) {
            return Err(format!(
                "that name is taken by Rust, Cargo or a crate that the project uses: try {text}-jobs"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

/// The name of a job's class, without its namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JobName(String);

impl JobName {
    /// `SendInvoice`
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// `send-invoice`
    pub(super) fn kebab(&self) -> String {
        words(&self.0).join("-")
    }

    /// `send_invoice`
    pub(super) fn snake(&self) -> String {
        words(&self.0).join("_")
    }
}

impl FromStr for JobName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.strip_prefix(r"App\Jobs\").unwrap_or(text);
        let is_class = name.starts_with(|first: char| first.is_ascii_uppercase())
            && name.chars().all(|c| c.is_ascii_alphanumeric());
        if !is_class || name.len() > LONGEST {
            return Err(format!(
                "a job is called as its class in App\\Jobs: {LONGEST} letters and digits at most, beginning with a capital, \
                 such as SendInvoice (for a class in another namespace, change NAME in the job's file afterwards)"
            ));
        }
        let job = Self(name.to_owned());
        if TAKEN_TYPES.contains(&name) || TAKEN_MODULES.contains(&job.snake().as_str()) {
            return Err(format!(
                "that name has a meaning in Rust or in the job's own file: try Run{name}, and change NAME there afterwards"
            ));
        }
        Ok(job)
    }
}

/// The words of a name in camel case, in lower case: `ImportCSVRows` has `import`, `csv` and `rows`.
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| letters[before]);
        let begins = letter.is_ascii_uppercase()
            && (before.is_none_or(|before| !before.is_ascii_uppercase())
                || letters.get(index + 1).is_some_and(char::is_ascii_lowercase));
        match words.last_mut() {
            Some(word) if !begins => word.push(letter.to_ascii_lowercase()),
            _ => words.push(letter.to_ascii_lowercase().to_string()),
        }
    }
    words
}

/// What somebody may have meant.
fn kebab_of(text: &str) -> Option<String> {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric());
    let meant: Vec<String> = parts.flat_map(words).collect();
    let meant = meant.join("-");
    let begins = meant.starts_with(|first: char| first.is_ascii_lowercase());
    (begins && meant.len() <= LONGEST).then_some(meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_gives_its_file_and_its_event_their_names() {
        for (class, kebab, snake) in [
            ("SendInvoice", "send-invoice", "send_invoice"),
            ("ImportCSV", "import-csv", "import_csv"),
            ("ImportCSVRows", "import-csv-rows", "import_csv_rows"),
            ("CopyToS3", "copy-to-s3", "copy_to_s3"),
            (r"App\Jobs\Notify", "notify", "notify"),
        ] {
            let job: JobName = class.parse().unwrap();
            assert_eq!(
                (job.kebab(), job.snake()),
                (kebab.to_owned(), snake.to_owned())
            );
        }
    }

    #[test]
    fn a_bad_project_name_is_refused_with_a_good_one() {
        for (bad, good) in [
            ("ShopJobs", "shop-jobs"),
            ("shop_jobs", "shop-jobs"),
            ("shop jobs", "shop-jobs"),
            ("../shop", "shop"),
            ("-shop", "shop"),
            ("shop-", "shop"),
            ("shop--jobs", "shop-jobs"),
            ("7-shops", "shop-jobs"),
            ("", "shop-jobs"),
            ("店", "shop-jobs"),
            ("test", "test-jobs"),
            ("serde", "serde-jobs"),
        ] {
            let refusal = bad.parse::<PackageName>().unwrap_err();
            assert!(refusal.ends_with(&format!(" {good}")), "{bad}: {refusal}");
        }
        assert!("a".repeat(65).parse::<PackageName>().is_err());
        assert!("shop-jobs2".parse::<PackageName>().is_ok());
    }

    #[test]
    fn a_bad_job_name_is_refused() {
        for bad in [
            "sendInvoice",
            "Send_Invoice",
            "",
            "7Up",
            r"App\Billing\SendInvoice",
            "Job",
            "Match",
            "Self",
            "Main",
        ] {
            assert!(bad.parse::<JobName>().is_err(), "{bad}");
        }
    }
}
