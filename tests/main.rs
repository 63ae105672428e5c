//! The integration tests, one module a subject.

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
