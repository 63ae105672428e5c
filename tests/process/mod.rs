//! Real processes: the functions' own binaries, killed for real, on the local cloud.

mod alarms;
pub(crate) mod binaries;
mod events;
mod forty_invocations;
mod given_up;
mod imports;
mod killed_by_command;
mod killed_on_the_cloud;
mod observed;
mod sides;
#[cfg(feature = "otel")]
mod spans;
pub(crate) mod stage;
