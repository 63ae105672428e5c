//! What no compiler checks: that the parts of this repository fit together.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hikyaku_local::template::{Environment, Stack, Template};

/// What a build, a tool or the local cloud leaves, and what is data.
const NOT_OURS: [&str; 6] = [".git", ".hikyaku", ".tools", ".venv", "fixtures", "target"];

#[test]
fn every_function_has_a_block_in_the_template() {
    let described = stack().functions.into_iter();
    let described: BTreeSet<String> = described.map(|function| function.binary.name).collect();
    let missing: Vec<String> = functions()
        .difference(&described)
        .map(|name| block(name))
        .collect();
    assert!(
        missing.is_empty(),
        "paste these into the `Resources` of template.yaml and of templates/roles.yaml, and adapt them:\n\n{}",
        missing.concat()
    );
}

#[test]
fn every_function_of_the_template_has_a_binary() {
    let binaries = functions();
    for function in stack().functions {
        let name = &function.binary.name;
        assert!(
            binaries.contains(name),
            "{}: {} runs `{name}`: add crates/jobs/src/bin/{name}.rs or take the block away",
            template().place(function.binary.line),
            function.logical_id
        );
    }
}

#[test]
fn every_function_has_the_event_of_its_queue_and_every_event_has_a_function() {
    let functions = functions();
    let samples = |kind: &str| -> BTreeSet<String> {
        let paths = paths(&format!("events/{kind}"));
        paths
            .iter()
            .filter_map(|path| named(path, "json"))
            .collect()
    };
    if let Some(name) = functions.difference(&samples("sqs")).next() {
        panic!("save this as events/sqs/{name}.json and adapt it:\n\n{EVENT}");
    }
    for kind in ["sqs", "eventbridge", "direct"] {
        if let Some(name) = samples(kind).difference(&functions).next() {
            panic!("events/{kind}/{name}.json belongs to no function: rename it or take it away");
        }
    }
}

/// What somebody reads first has a size.
#[test]
fn the_template_and_the_makefile_are_short() {
    let text = read(&root().join("template.yaml"));
    let lines = text.lines().count();
    assert!(lines <= 300, "template.yaml has {lines} lines: 300 at most");
    let template = Template::read(root().join("template.yaml")).unwrap();
    let parameters = template.root().get("Parameters").unwrap().entries().len();
    assert!(
        parameters <= 15,
        "template.yaml has {parameters} parameters"
    );
    for function in functions() {
        let name: String = function.split('-').map(capitalized).collect();
        let parts = ["Queue", "Function", "Log"].map(|part| format!("  {name}{part}:"));
        let block: usize = parts.iter().map(|part| block_lines(&text, part)).sum();
        assert!(
            block <= 25,
            "template.yaml: the block of {function} has {block} lines"
        );
    }
    let makefile = read(&root().join("Makefile"));
    let targets = makefile
        .lines()
        .filter(|line| line.contains(": ## ") || line.contains(" ## "));
    let targets = targets.filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
    let targets = targets.count();
    assert!(
        (10..=15).contains(&targets),
        "Makefile has {targets} targets"
    );
}

/// How many lines a resource has, without blank ones; 0 if it is not there.
fn block_lines(text: &str, head: &str) -> usize {
    let mut lines = text.lines().skip_while(|line| !line.starts_with(head));
    let Some(_) = lines.next() else { return 0 };
    let rest = lines.take_while(|line| line.is_empty() || line.starts_with("   "));
    1 + rest.filter(|line| !line.is_empty()).count()
}

/// What was in the template before it was split. Data would go with a table or a queue that is replaced.
#[test]
fn a_stack_that_exists_goes_over_without_replacing_a_table_or_a_queue() {
    let before: serde_json::Value = serde_json::from_str(&read(
        &root().join("tests/fixtures/stack-of-one-template.json"),
    ))
    .unwrap();
    let page = read(&root().join("docs/deploy.md"));
    let template = template();
    let now = template.root().get("Resources").unwrap();
    for (id, kept) in before.as_object().unwrap() {
        let kind = kept["Type"].as_str().unwrap();
        let resource = now
            .get(id)
            .filter(|resource| resource.get("Type").and_then(|node| node.text()) == Some(kind));
        let holds_data = kind == "AWS::SQS::Queue" || kind == "AWS::DynamoDB::Table";
        match resource {
            None if holds_data => panic!("template.yaml: {id} is gone, and its data with it"),
            None => assert!(
                page.contains(&format!("`{id}`")),
                "docs/deploy.md does not say what becomes of {id}"
            ),
            Some(resource) if holds_data => {
                // What CloudFormation replaces them for (their pages in its template reference).
                for property in ["QueueName", "FifoQueue", "TableName", "KeySchema"] {
                    let now = resource
                        .get("Properties")
                        .and_then(|node| node.get(property));
                    let now = now.map(hikyaku_local::template::Node::to_json);
                    assert_eq!(now.as_ref(), kept.get(property), "{id}.{property}");
                }
            }
            Some(_) => {}
        }
    }
}

#[test]
fn every_mapping_reports_its_failures_and_every_queue_outlasts_its_function() {
    let stack = stack();
    for mapping in &stack.mappings {
        let place = format!("{}: {}", template().place(mapping.line), mapping.logical_id);
        let function = stack.function(&mapping.function).unwrap();
        let queue = stack.queue(&mapping.queue).unwrap();
        assert!(
            mapping.report_batch_item_failures,
            "{place}: add `FunctionResponseTypes: [ReportBatchItemFailures]`, or one job that must come again brings its batch along"
        );
        // Two minutes are for functions that are told so; the doctor knows when that is enough. Either way a function that
        // cannot start has half a day until its messages are dead letters.
        let is_told = function
            .environment
            .contains_key("HIKYAKU_QUEUE_VISIBILITY");
        let (longest, receives) = if is_told {
            (Duration::from_mins(2), 400)
        } else {
            (function.timeout * 6 + mapping.window, 100)
        };
        assert!(
            queue.visibility_timeout >= longest,
            "{place}: {} needs a VisibilityTimeout of {} s",
            queue.logical_id,
            longest.as_secs()
        );
        assert_eq!(
            queue.retention,
            Duration::from_hours(14 * 24),
            "{place}: {} needs a MessageRetentionPeriod of 1209600 s: what waits for its next attempt must not expire",
            queue.logical_id
        );
        // What cannot be made a failed job stays among the dead letters.
        let is_for_dead_letters = stack.queues.iter().any(|other| {
            let target = other
                .redrive
                .as_ref()
                .map(|redrive| &redrive.dead_letter_queue);
            target == Some(&queue.name)
        });
        assert_eq!(
            queue
                .redrive
                .as_ref()
                .map(|redrive| redrive.max_receive_count),
            if is_for_dead_letters {
                None
            } else {
                Some(receives)
            },
            "{place}: {} needs a RedrivePolicy with maxReceiveCount {receives}: the engine counts the tries, this is the last resort",
            queue.logical_id
        );
    }
}

#[test]
fn a_panic_stays_catchable() {
    for path in files("toml") {
        for line in read(&path)
            .lines()
            .filter(|line| line.trim_start().starts_with("panic"))
        {
            assert!(
                !line.contains("abort"),
                "{}: `{line}` lets one job take its whole batch down",
                shown(&path)
            );
        }
    }
}

#[test]
fn the_engine_and_the_wire_formats_know_nothing_of_aws() {
    for package in ["hikyaku-core", "hikyaku-laravel"] {
        let manifest = read(&root().join(format!("crates/{package}/Cargo.toml")));
        for name in dependencies(&manifest) {
            let outside =
                name.starts_with("aws") || name.starts_with("lambda_") || name.starts_with("tokio");
            assert!(
                !outside,
                "crates/{package}/Cargo.toml: `{name}` does I/O; put what needs it into crates/hikyaku"
            );
        }
    }
}

#[test]
fn every_module_says_what_it_is() {
    for path in files("rs").iter().filter(|path| !is_test(path)) {
        let first = read(path).lines().next().unwrap_or_default().to_owned();
        assert!(
            first.starts_with("//! "),
            "{}: begin it with a sentence, `//! …`",
            shown(path)
        );
    }
}

#[test]
fn no_file_is_a_drawer_for_everything() {
    for path in files("rs") {
        let names = [path.file_stem(), path.parent().and_then(Path::file_name)];
        for name in names.into_iter().flatten().filter_map(|name| name.to_str()) {
            assert!(
                !["common", "helpers", "misc", "util", "utils"].contains(&name),
                "{}: name it after what it does",
                shown(&path)
            );
        }
    }
}

#[test]
fn every_link_between_files_resolves() {
    for path in files("md") {
        let folder = path.parent().unwrap();
        for target in links(&read(&path)) {
            assert!(
                folder.join(&target).exists(),
                "{}: there is no `{target}`",
                shown(&path)
            );
        }
    }
}

#[test]
fn every_environment_variable_is_in_both_readmes() {
    let sources = [
        "crates/hikyaku/src/config.rs",
        "crates/hikyaku/src/objects/config.rs",
    ];
    for name in sources
        .iter()
        .flat_map(|source| variables(&read(&root().join(source))))
    {
        for readme in ["README.md", "README.ja.md"] {
            assert!(
                read(&root().join(readme)).contains(&format!("`{name}`")),
                "{readme}: add `{name}` to the table of environment variables"
            );
        }
    }
}

#[test]
fn both_readmes_show_the_job_that_is_compiled() {
    let compiled = rust_block(&read(&root().join("crates/hikyaku/src/lib.rs")), "//!");
    for readme in ["README.md", "README.ja.md"] {
        assert_eq!(
            rust_block(&read(&root().join(readme)), ""),
            compiled,
            "{readme}: its job differs from the example in crates/hikyaku/src/lib.rs"
        );
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", shown(path)))
}

/// A path as a person at the repository's root writes it.
fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}

/// What a folder holds.
fn paths(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Every file of ours with that extension.
fn files(extension: &str) -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![root()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.extend(
                    (!NOT_OURS.iter().any(|name| entry.file_name() == *name)).then(|| entry.path()),
                );
            } else if entry
                .path()
                .extension()
                .is_some_and(|found| found == extension)
            {
                files.push(entry.path());
            }
        }
    }
    files
}

/// A file's name without its extension, if it has that one.
fn named(path: &Path, extension: &str) -> Option<String> {
    let fits = path.extension().is_some_and(|found| found == extension);
    fits.then(|| path.file_stem().unwrap().to_str().unwrap().to_owned())
}

/// With its nested stacks.
fn template() -> Template {
    Template::read(root().join("template.yaml")).unwrap()
}

/// All there may be of it: with the PHP lane, too.
fn stack() -> Stack {
    let environment = Environment {
        parameters: [("PhpUrl".to_owned(), "https://app".to_owned())].into(),
        ..Environment::new("http://127.0.0.1")
    };
    template().resolve(&environment).unwrap()
}

/// The binaries that are functions: those of `crates/jobs`, and every crate that serves jobs of its own.
fn functions() -> BTreeSet<String> {
    let name = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let serves = |path: &PathBuf| {
        let main = fs::read_to_string(path.join("src/main.rs"));
        main.is_ok_and(|text| text.contains("hikyaku::serve("))
    };
    let (shared, own) = (paths("crates/jobs/src/bin"), paths("crates"));
    shared
        .iter()
        .chain(own.iter().filter(|path| serves(path)))
        .map(name)
        .collect()
}

/// What template.yaml lacks for a function.
fn block(binary: &str) -> String {
    let name: String = binary.split('-').map(capitalized).collect();
    BLOCK.replace("NAME", &name).replace("BINARY", binary)
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_ascii_uppercase() + rest
}

/// The crates that a package is built from; those that only its tests use do not count.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut counts = false;
    for line in manifest.lines() {
        if let Some(section) = line.strip_prefix('[') {
            counts = section.contains("dependencies") && !section.contains("dev-dependencies");
        } else if counts {
            let end = line.find(['.', ' ', '=']).unwrap_or(line.len());
            names.push(line[..end].to_owned());
        }
    }
    names
}

fn is_test(path: &Path) -> bool {
    let inside = path.components().any(|part| part.as_os_str() == "tests");
    let stem = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    let below_root = path
        .strip_prefix(root())
        .is_ok_and(|path| path.starts_with("tests"));
    stem == "tests" || stem.ends_with("_tests") || (inside && !below_root)
}

/// The files that a page's links point to, outside of code.
fn links(page: &str) -> Vec<String> {
    let mut fenced = false;
    let text = page.lines().filter(|line| {
        fenced ^= line.trim_start().starts_with("```");
        !fenced
    });
    let targets = text.flat_map(|line| line.split("](").skip(1));
    let targets = targets.filter_map(|rest| rest.split([')', '#', ' ']).next());
    // `../../actions` is the repository's own page on GitHub.
    targets
        .filter(|target| {
            !target.is_empty() && !target.contains("://") && !target.starts_with("../../")
        })
        .map(str::to_owned)
        .collect()
}

/// The variables that a configuration's documentation names.
fn variables(source: &str) -> BTreeSet<String> {
    let documented = source
        .lines()
        .filter(|line| line.trim_start().starts_with("///"));
    let quoted = documented.flat_map(|line| line.split('`').skip(1).step_by(2));
    let names = quoted.map(|text| text.split('=').next().unwrap_or(text));
    let is_name = |name: &&str| {
        name.contains('_')
            && name.chars().all(|letter| {
                letter.is_ascii_uppercase() || letter == '_' || letter.is_ascii_digit()
            })
    };
    names.filter(is_name).map(str::to_owned).collect()
}

/// The first block of Rust in a page, or in the comments that begin with `marker`.
fn rust_block(text: &str, marker: &str) -> Vec<String> {
    let lines = text
        .lines()
        .map(|line| line.strip_prefix(marker).unwrap_or(line));
    let lines = lines.map(|line| {
        if marker.is_empty() {
            line
        } else {
            line.strip_prefix(' ').unwrap_or(line)
        }
    });
    let inside =
        lines.skip_while(|line| !line.starts_with("```no_run") && !line.starts_with("```rust"));
    inside
        .skip(1)
        .take_while(|line| !line.starts_with("```"))
        .map(str::to_owned)
        .collect()
}

/// What Lambda hands a function of a queue.
const EVENT: &str = r#"{
  "Records": [
    {
      "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
      "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
      "body": "{\"job\": \"App\\\\Jobs\\\\SendInvoice\", \"data\": {\"invoiceId\": 1}}",
      "attributes": { "ApproximateReceiveCount": "1", "SentTimestamp": "1795996800214" },
      "messageAttributes": {},
      "eventSource": "aws:sqs",
      "eventSourceARN": "arn:aws:sqs:ap-northeast-1:123456789012:hikyaku-SendInvoiceQueue-1A2B3C",
      "awsRegion": "ap-northeast-1"
    }
  ]
}
"#;

/// A queue and a function, as the other blocks of template.yaml have them; and what the function may do.
const BLOCK: &str = "  # ---------------------------------------------------------------- BINARY: what it does

  NAMEQueue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 450 # six times the function's Timeout
      MessageRetentionPeriod: 1209600
      RedrivePolicy: { deadLetterTargetArn: !GetAtt DeadLetterQueue.Arn, maxReceiveCount: 100 }

  NAMEFunction:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: BINARY } }
    Properties:
      Timeout: 75
      Role: !GetAtt Roles.Outputs.NAME
      LoggingConfig: { LogGroup: !Ref NAMELog }
      Events:
        Messages: { Type: SQS, Properties: { Queue: !GetAtt NAMEQueue.Arn, BatchSize: 1, FunctionResponseTypes: [ReportBatchItemFailures], ScalingConfig: { MaximumConcurrency: 5 } } }

  NAMELog: { Type: AWS::Logs::LogGroup, Properties: { RetentionInDays: 30 } }

# into templates/roles.yaml, with the parameters NAMEQueue and NAMELog and the output NAME:

  NAMERole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: \"2012-10-17\"
        Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: \"sts:AssumeRole\" }]
      ManagedPolicyArns: [!Ref Jobs]
      Policies:
        - PolicyName: Own
          PolicyDocument:
            Version: \"2012-10-17\"
            Statement:
              - { Effect: Allow, Action: [\"logs:CreateLogStream\", \"logs:PutLogEvents\"], Resource: !Ref NAMELog }
              - Effect: Allow
                Action: [\"sqs:ReceiveMessage\", \"sqs:DeleteMessage\", \"sqs:GetQueueAttributes\", \"sqs:ChangeMessageVisibility\", \"sqs:SendMessage\"]
                Resource: !Ref NAMEQueue

";

#[test]
fn the_guides_show_the_relay_class_that_is_tested() {
    let tested = read(&root().join("tests/laravel/app/app/Queue/HikyakuRelay.php"));
    for guide in ["docs/laravel.md", "docs/laravel.ja.md"] {
        let text = read(&root().join(guide));
        let shown = text
            .split_once("<!-- relay -->\n```php\n")
            .and_then(|(_, rest)| rest.split_once("\n```\n<!-- /relay -->"))
            .map(|(shown, _)| shown);
        assert_eq!(shown, Some(tested.trim_end()), "{guide}");
    }
}
