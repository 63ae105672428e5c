//! What the fuzz targets share: inputs to begin with, mutations that know the formats, and properties.
//!
//! The targets are in `fuzz_targets`; `make -C tests fuzz` builds and runs them (CONTRIBUTING.md).

pub mod dice;
pub mod fixtures;
pub mod laws;
pub mod memory;
pub mod mutate;
pub mod php_text;
pub mod seeds;
