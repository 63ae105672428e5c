//! `AWS::Serverless::Function` and `AWS::Lambda::Function`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::{Binary, BinaryRule, Function, RecursiveLoop, TemplateError};
use super::block::{Block, Reader};
use super::{Resource, destination, properties};

/// Reads a function without its events. Limits are those of the page `AWS::Lambda::Function`.
pub(super) fn read(
    reader: &Reader<'_>,
    resource: &Resource<'_>,
    name: String,
    arn: String,
) -> Result<Function, TemplateError> {
    let block = properties(reader, resource)?;
    block.skip(SKIPPED);
    let code_uri = read_code_uri(&block)?;
    let function = Function {
        logical_id: resource.logical_id.to_owned(),
        name,
        arn,
        line: resource.line,
        binary: find_binary(
            reader,
            resource,
            code_uri.as_deref(),
            block.line_of("CodeUri"),
        )?,
        code_uri,
        handler: block.text("Handler")?,
        runtime: block.text("Runtime")?,
        timeout: Duration::from_secs(block.number("Timeout", 1..=900)?.unwrap_or(3).into()),
        memory_mb: block.number("MemorySize", 128..=10_240)?.unwrap_or(128),
        ephemeral_storage_mb: read_ephemeral_storage(&block)?,
        environment: read_environment(reader, &block)?,
        reserved_concurrency: block.number("ReservedConcurrentExecutions", 0..=u32::MAX)?,
        recursive_loop: match block
            .word("RecursiveLoop", &["Terminate", "Allow"])?
            .as_deref()
        {
            Some("Allow") => RecursiveLoop::Allow,
            _ => RecursiveLoop::Terminate,
        },
        asynchronous: match block.block("EventInvokeConfig")? {
            Some(config) => destination::read_async_policy(reader, &config)?,
            None => super::super::AsyncPolicy::default(),
        },
        dead_letter: destination::read_dead_letter(reader, &block)?,
    };
    block.finish();
    Ok(function)
}

/// What a function may have and its running here does not depend on. `Events` are read later.
const SKIPPED: &[&str] = &[
    "Architectures",
    "AssumeRolePolicyDocument",
    "AutoPublishAlias",
    "AutoPublishAliasAllProperties",
    "AutoPublishCodeSha256",
    "CapacityProviderConfig",
    "Code",
    "CodeSigningConfigArn",
    "DeploymentPreference",
    "Description",
    "DurableConfig",
    "Events",
    "FileSystemConfigs",
    "FunctionName",
    "FunctionScalingConfig",
    "FunctionUrlConfig",
    "ImageConfig",
    "ImageUri",
    "InlineCode",
    "KmsKeyArn",
    "Layers",
    "PackageType",
    "PermissionsBoundary",
    "Policies",
    "PropagateTags",
    "ProvisionedConcurrencyConfig",
    "PublishToLatestPublished",
    "Role",
    "RolePath",
    "RuntimeManagementConfig",
    "SnapStart",
    "SourceKMSKeyArn",
    "Tags",
    "TenancyConfig",
    "Tracing",
    "TracingConfig",
    "VersionDeletionPolicy",
    "VersionDescription",
    "VpcConfig",
];

/// `CodeUri` as text; the form with Bucket and Key has nothing to run from.
fn read_code_uri(block: &Block<'_, '_>) -> Result<Option<String>, TemplateError> {
    let value = block.value("CodeUri")?;
    Ok(value.and_then(|value| value.text().map(str::to_owned)))
}

fn find_binary(
    reader: &Reader<'_>,
    resource: &Resource<'_>,
    code_uri: Option<&str>,
    code_line: usize,
) -> Result<Binary, TemplateError> {
    let path = format!("{}.Metadata.BuildProperties.Binary", resource.logical_id);
    let stated = resource
        .node
        .get("Metadata")
        .and_then(|node| node.get("BuildProperties"))
        .and_then(|node| node.get("Binary"));
    if let Some(node) = stated {
        let value = reader.evaluator.evaluate(node, &path)?;
        let name = value
            .as_ref()
            .and_then(|value| value.text())
            .filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| {
            reader.invalid(node.line, &path, "the name of a binary is needed here")
        })?;
        return Ok(Binary {
            name: name.to_owned(),
            rule: BinaryRule::Metadata,
            line: node.line,
        });
    }
    let parts: Vec<&str> = code_uri
        .unwrap_or_default()
        .trim_end_matches('/')
        .split('/')
        .collect();
    if let [.., "target", "lambda", name] = parts[..] {
        return Ok(Binary {
            name: name.to_owned(),
            rule: BinaryRule::CodeUri,
            line: code_line,
        });
    }
    Ok(Binary {
        name: kebab_case(resource.logical_id),
        rule: BinaryRule::LogicalId,
        line: resource.line,
    })
}

/// `ImportCsvFunction` is `import-csv`, `HTTPProbe` is `http-probe`.
fn kebab_case(logical_id: &str) -> String {
    let stem = logical_id
        .strip_suffix("Function")
        .filter(|stem| !stem.is_empty())
        .unwrap_or(logical_id);
    let letters: Vec<char> = stem.chars().collect();
    let mut name = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| letters.get(before));
        let after = letters.get(index + 1);
        let word_begins = before.is_some_and(|before| !before.is_uppercase())
            || before.is_some() && after.is_some_and(|after| after.is_lowercase());
        if letter.is_uppercase() && word_begins {
            name.push('-');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

fn read_ephemeral_storage(block: &Block<'_, '_>) -> Result<u32, TemplateError> {
    let Some(storage) = block.block("EphemeralStorage")? else {
        return Ok(512);
    };
    let size = storage
        .number("Size", 512..=10_240)?
        .ok_or_else(|| storage.missing("Size"))?;
    storage.finish();
    Ok(size)
}

fn read_environment(
    reader: &Reader<'_>,
    block: &Block<'_, '_>,
) -> Result<BTreeMap<String, String>, TemplateError> {
    let mut environment = BTreeMap::new();
    if let Some(outer) = block.block("Environment")? {
        if let Some(variables) = outer.block("Variables")? {
            for (name, value, line) in variables.all_texts()? {
                check_variable(&name)
                    .map_err(|reason| reader.invalid(line, &variables.path_of(&name), reason))?;
                environment.insert(name, value);
            }
        }
        outer.finish();
    }
    environment.extend(read_logging(block)?);
    Ok(environment)
}

/// What Lambda tells a function of its logs in variables of its own (page "Configuring JSON and plain text log formats").
fn read_logging(block: &Block<'_, '_>) -> Result<Vec<(String, String)>, TemplateError> {
    let Some(logging) = block.block("LoggingConfig")? else {
        return Ok(Vec::new());
    };
    let format = logging.word("LogFormat", &["Text", "JSON"])?;
    let level = logging.word("ApplicationLogLevel", &LEVELS)?;
    logging.word("SystemLogLevel", &["DEBUG", "INFO", "WARN"])?;
    logging.skip(&["LogGroup"]);
    logging.finish();
    if level.is_some() && format.as_deref() != Some("JSON") {
        let reason = "Lambda takes a level only together with `LogFormat: JSON`";
        return Err(logging.invalid("ApplicationLogLevel", reason));
    }
    let told = [
        ("AWS_LAMBDA_LOG_LEVEL", level),
        ("AWS_LAMBDA_LOG_FORMAT", format),
    ];
    let told = told.into_iter();
    Ok(told
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect())
}

const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/// The rules of the page "Working with Lambda environment variables".
fn check_variable(name: &str) -> Result<(), &'static str> {
    let begins_with_letter = name.starts_with(|first: char| first.is_ascii_alphabetic());
    let letters = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !begins_with_letter || !letters || name.len() < 2 {
        return Err(
            "the name of a variable begins with a letter and has two or more letters, digits and `_`",
        );
    }
    if RESERVED.contains(&name) {
        return Err("Lambda sets this variable itself and refuses it here");
    }
    Ok(())
}

/// The reserved variables of that page.
const RESERVED: [&str; 17] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

#[cfg(test)]
mod tests {
    use super::kebab_case;

    #[test]
    fn a_logical_id_becomes_a_binary_name() {
        let names = [
            ("ImportCsv", "import-csv"),
            ("ImportCsvFunction", "import-csv"),
            ("HTTPProbe", "http-probe"),
            ("Resize2x", "resize2x"),
            ("S3Sync", "s3-sync"),
            ("Function", "function"),
            ("import", "import"),
        ];
        for (logical_id, binary) in names {
            assert_eq!(kebab_case(logical_id), binary, "{logical_id}");
        }
    }
}
