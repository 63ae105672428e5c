//! The environment variables of a function's process.

use std::collections::BTreeMap;
use std::path::Path;

use crate::template::Function;

/// What may pass from the developer's shell: without these, programs that a function starts are not found, and a panic has
/// no backtrace.
const INHERITED: [&str; 5] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "RUST_BACKTRACE",
    "RUST_LIB_BACKTRACE",
];

/// What every function of one cloud is told about the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// The region.
    pub region: String,
    /// Where SQS answers, if it does.
    pub sqs_endpoint: Option<String>,
    /// Where DynamoDB answers, if it does.
    pub dynamodb_endpoint: Option<String>,
    /// `AWS_LAMBDA_LOG_FORMAT`: `Text` or `JSON`.
    pub log_format: String,
    /// `AWS_LAMBDA_LOG_LEVEL`.
    pub log_level: String,
    /// What every function is told besides; its own variables in the template win.
    pub variables: BTreeMap<String, String>,
    /// What takes the place of a template's own value, in the functions whose template names the variable.
    pub overrides: BTreeMap<String, String>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            region: "us-east-1".to_owned(),
            sqs_endpoint: None,
            dynamodb_endpoint: None,
            log_format: "Text".to_owned(),
            log_level: "INFO".to_owned(),
            variables: BTreeMap::new(),
            overrides: BTreeMap::new(),
        }
    }
}

impl Surroundings {
    /// What the template tells a function, and what every function is told besides.
    pub(crate) fn variables_of(&self, function: &Function) -> BTreeMap<String, String> {
        let mut variables = self.variables.clone();
        variables.extend(function.environment.iter().map(|(name, value)| {
            let value = self.overrides.get(name).unwrap_or(value);
            (name.clone(), value.clone())
        }));
        variables
    }

    /// The endpoints, the region and credentials that open nothing: what any AWS SDK needs to reach this cloud.
    pub fn aws_variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = Vec::new();
        if let Some(endpoint) = &self.sqs_endpoint {
            variables.push(("AWS_ENDPOINT_URL_SQS", endpoint.clone()));
        }
        if let Some(endpoint) = &self.dynamodb_endpoint {
            variables.push(("AWS_ENDPOINT_URL_DYNAMODB", endpoint.clone()));
        }
        variables.extend([
            ("AWS_REGION", self.region.clone()),
            ("AWS_DEFAULT_REGION", self.region.clone()),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ]);
        variables
    }
}

/// The whole environment of one process (AWS, "Working with Lambda environment variables", reserved ones).
///
/// The template's own variables come first: as on AWS, they cannot replace what Lambda sets.
pub(crate) fn variables(
    function: &Function,
    surroundings: &Surroundings,
    binary: &Path,
    runtime_api: &str,
) -> BTreeMap<String, String> {
    let mut variables = inherited();
    variables.extend(surroundings.variables_of(function));
    let task_root = binary
        .parent()
        .map_or_else(|| ".".to_owned(), |folder| folder.display().to_string());
    let lambda = [
        (
            "_HANDLER",
            function
                .handler
                .clone()
                .unwrap_or_else(|| "bootstrap".to_owned()),
        ),
        ("AWS_LAMBDA_FUNCTION_NAME", function.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        (
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            function.memory_mb.to_string(),
        ),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", log_group(function)),
        (
            "AWS_LAMBDA_LOG_STREAM_NAME",
            format!("local/[$LATEST]{:032x}", fastrand::u128(..)),
        ),
        ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_owned()),
        ("LAMBDA_TASK_ROOT", task_root.clone()),
        ("LAMBDA_RUNTIME_DIR", task_root),
        ("TZ", ":UTC".to_owned()),
    ];
    let session = [("AWS_SESSION_TOKEN", "local".to_owned())];
    let fixed = lambda
        .into_iter()
        .chain(surroundings.aws_variables())
        .chain(session);
    variables.extend(fixed.map(|(name, value)| (name.to_owned(), value)));
    // A template may choose these two for itself.
    for (name, value) in [
        ("AWS_LAMBDA_LOG_FORMAT", &surroundings.log_format),
        ("AWS_LAMBDA_LOG_LEVEL", &surroundings.log_level),
    ] {
        variables
            .entry(name.to_owned())
            .or_insert_with(|| value.clone());
    }
    variables
}

/// Where a function's lines are.
pub(crate) fn log_group(function: &Function) -> String {
    format!("/aws/lambda/{}", function.name)
}

fn inherited() -> BTreeMap<String, String> {
    let variable =
        |name: &str| Some((name.to_owned(), std::env::var_os(name)?.into_string().ok()?));
    INHERITED.into_iter().filter_map(variable).collect()
}

#[cfg(test)]
mod tests {
    use super::super::function::tests::function;
    use super::*;

    #[test]
    fn a_process_sees_lambda_and_the_template_and_no_more() {
        let mut function = function("f");
        function
            .environment
            .insert("TABLE".to_owned(), "t".to_owned());
        function
            .environment
            .insert("PLAIN".to_owned(), "p".to_owned());
        function
            .environment
            .insert("AWS_REGION".to_owned(), "elsewhere".to_owned());
        let surroundings = Surroundings {
            sqs_endpoint: Some("http://sqs".to_owned()),
            overrides: [("TABLE", "instead"), ("OTHER", "x")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            ..Surroundings::default()
        };
        let variables = variables(&function, &surroundings, Path::new("/x/f"), "127.0.0.1:1");
        let get = |name: &str| variables.get(name).map(String::as_str);
        assert_eq!(get("TABLE"), Some("instead"));
        assert_eq!(get("OTHER"), None, "its template does not name it");
        assert_eq!(get("PLAIN"), Some("p"));
        assert_eq!(get("AWS_REGION"), Some("us-east-1"), "reserved");
        assert_eq!(get("AWS_ENDPOINT_URL_SQS"), Some("http://sqs"));
        assert_eq!(get("LAMBDA_TASK_ROOT"), Some("/x"));
        assert_eq!(get("AWS_LAMBDA_RUNTIME_API"), Some("127.0.0.1:1"));
        assert_eq!(
            get("CARGO_MANIFEST_DIR"),
            None,
            "the developer's shell stays outside"
        );
    }
}
