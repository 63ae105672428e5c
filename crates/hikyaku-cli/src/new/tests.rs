use super::*;

fn make(folder: &Path, name: &str, job: &str) -> Result<(), NewError> {
    New {
        name: name.parse().unwrap(),
        path: Some(folder.to_owned()),
        job: job.parse().unwrap(),
        hikyaku: None,
    }
    .run()
}

/// All texts of a folder, by their paths.
fn texts(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(texts(&path));
        } else {
            found.push((
                path.display().to_string(),
                fs::read_to_string(&path).unwrap(),
            ));
        }
    }
    found
}

#[test]
fn nothing_of_the_sample_s_names_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("new");
    make(&folder, "send-invoices", "ImportCSV").unwrap();
    let all = texts(&folder);
    assert_eq!(all.len(), files_of_a_project(), "{all:?}");
    for (path, text) in all {
        for word in [
            "shop-jobs",
            "SendInvoice",
            "send_invoice",
            "{{",
            "/hikyaku/crates/hikyaku\"",
        ] {
            // This checkout's own path ends so too.
            let left = text.replace(&Source::find(None).unwrap().dependency(), "");
            assert!(
                !left.contains(word) && !path.contains(word),
                "{path}: {word}"
            );
        }
    }
    assert!(folder.join("src/import_csv.rs").is_file());
    let event = fs::read_to_string(folder.join("events/import-csv.json")).unwrap();
    let event: serde_json::Value = serde_json::from_str(&event).unwrap();
    assert_eq!(event["job"], r"App\Jobs\ImportCSV");
}

/// Those of `project/`, and the lock file.
fn files_of_a_project() -> usize {
    texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("project")).len() + 1
}

#[test]
fn a_folder_that_is_used_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let refusal = make(folder.path(), "shop-jobs", "SendInvoice").unwrap_err();
    assert!(refusal.to_string().contains("--path"), "{refusal}");
    assert_eq!(texts(folder.path()).len(), 1);
}

#[test]
fn an_empty_folder_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path(), "shop-jobs", "SendInvoice").unwrap();
    assert!(folder.path().join("Cargo.toml").is_file());
}
