//! The integration tests, one module a subject.

#[cfg(test)]
mod cli;
#[cfg(test)]
mod dispatch;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod explorer;
#[cfg(test)]
mod function;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod process;
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
