//! The integration tests, one module a subject.

#[cfg(test)]
mod cli;
#[cfg(test)]
mod dispatch;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod function;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod process;
#[cfg(test)]
mod refused;
#[cfg(test)]
mod rooms;
#[cfg(test)]
mod schedules;
#[cfg(test)]
mod threads;
#[cfg(test)]
mod tidy;

/// The keys that every local service takes.
#[cfg(test)]
fn local_keys() -> hikyaku::config::Credentials {
    hikyaku::config::Credentials {
        key_id: "local".to_owned(),
        secret: "local".to_owned(),
        session: None,
    }
}

/// A case of what Laravel sends (tests/fixtures/laravel/README.md).
#[cfg(test)]
fn fixture(version: &str, case: &str) -> serde_json::Value {
    let root = env!("CARGO_MANIFEST_DIR");
    let path = format!("{root}/fixtures/laravel/{version}/{case}.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}
