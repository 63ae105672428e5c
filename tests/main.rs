//! The integration tests, one module a subject.

#[cfg(test)]
mod engine;
#[cfg(test)]
mod explorer;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod threads;
