//! The many names of one function.

use crate::template::Function;

/// Whether an invoker means this function: by name, logical id, binary, full or partial ARN, with or without `$LATEST`.
pub(crate) fn answers_to(function: &Function, called: &str) -> bool {
    let called = called.strip_suffix(":$LATEST").unwrap_or(called);
    // `account:function:name` is a partial ARN (AWS, "Invoke", parameter `FunctionName`).
    let partial_arn = function.arn.splitn(5, ':').last();
    [
        &function.name,
        &function.logical_id,
        &function.binary.name,
        &function.arn,
    ]
    .iter()
    .any(|name| *name == called)
        || partial_arn == Some(called)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::template::{AsyncPolicy, Binary, BinaryRule, RecursiveLoop};

    /// A function as a short template gives it.
    pub(crate) fn function(name: &str) -> Function {
        Function {
            logical_id: name.to_owned(),
            name: name.to_owned(),
            arn: format!("arn:aws:lambda:us-east-1:000000000000:function:{name}"),
            line: 1,
            binary: Binary {
                name: name.to_owned(),
                rule: BinaryRule::LogicalId,
                line: 1,
            },
            code_uri: None,
            handler: None,
            runtime: None,
            timeout: Duration::from_secs(3),
            memory_mb: 128,
            ephemeral_storage_mb: 512,
            environment: std::collections::BTreeMap::new(),
            reserved_concurrency: None,
            recursive_loop: RecursiveLoop::default(),
            asynchronous: AsyncPolicy::default(),
            dead_letter: None,
        }
    }

    #[test]
    fn a_function_has_many_names() {
        let mut function = function("app-import");
        function.logical_id = "ImportCsv".to_owned();
        function.binary.name = "import-csv".to_owned();
        for called in [
            "app-import",
            "ImportCsv",
            "import-csv",
            "app-import:$LATEST",
            &function.arn,
        ] {
            assert!(answers_to(&function, called), "{called}");
        }
        assert!(answers_to(&function, "000000000000:function:app-import"));
        assert!(!answers_to(&function, "import"));
    }
}
