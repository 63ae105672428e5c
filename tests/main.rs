//! The integration tests, one module a subject.

#[cfg(test)]
mod ledger;
#[cfg(test)]
mod threads;
#[cfg(test)]
mod tidy;
