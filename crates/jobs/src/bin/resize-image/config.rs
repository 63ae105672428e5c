//! What the function is told by its environment. Nothing else reads it.

use std::num::ParseIntError;

use hikyaku::objects::{ObjectsConfig, ObjectsError};
use url::Url;

/// The settings, one variable each.
#[derive(Debug)]
pub(crate) struct Config {
    /// `RESIZE_SOURCE_URLS`: the folders a payload may name objects in, separated by spaces, such as
    /// `s3://shop/uploads`. Required.
    pub(crate) sources: Vec<Url>,
    /// `RESIZE_OUTPUT_URL`: the folder that variants are stored in, in the same folders below it as the source has below
    /// its own. Not set: beside the source.
    pub(crate) output: Option<Url>,
    /// `RESIZE_MAX_BYTES`: how large an object may be. Not set: 33554432 (32 MiB).
    pub(crate) max_bytes: u64,
    /// `RESIZE_MAX_PIXELS`: how many pixels an image may have, and how many all images of a batch have in memory at once;
    /// each takes about 8 bytes of the function's memory. Not set: 50000000, which is what a telephone's camera makes.
    pub(crate) max_pixels: u64,
    /// `RESIZE_MAX_VARIANTS`: how many variants one job may ask for. Not set: 24.
    pub(crate) max_variants: usize,
    /// `RESIZE_CACHE_CONTROL`: the `Cache-Control` of variants in S3, such as `public, max-age=31536000, immutable` where an
    /// image is never replaced under its name. Not set: none, and browsers ask again whenever they like.
    pub(crate) cache_control: Option<String>,
    /// AWS's own variables, for `s3://`; the folders above are all it allows.
    pub(crate) objects: ObjectsConfig,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// Not set, or empty.
    #[error("reading the settings: {variable} is not set; {expected}")]
    Missing {
        /// Its name.
        variable: &'static str,
        /// What to set it to.
        expected: &'static str,
    },
    /// Not a URL.
    #[error(
        "reading the settings: {variable} holds `{value}`, which is not a URL such as s3://bucket/folder"
    )]
    Url {
        /// Its name.
        variable: &'static str,
        /// What it holds.
        value: String,
        /// Why that is not a URL.
        source: url::ParseError,
    },
    /// Not a number.
    #[error("reading the settings: {variable} holds `{value}`, which is not a whole number")]
    Number {
        /// Its name.
        variable: &'static str,
        /// What it holds.
        value: String,
        /// Why that is not a number.
        source: ParseIntError,
    },
    /// AWS's variables do not fit together.
    #[error("reading the settings of the object store")]
    Objects(#[from] ObjectsError),
}

impl Config {
    /// The settings in the process's environment.
    pub(crate) fn from_env() -> Result<Self, ConfigError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that reads this function's settings"
        )]
        Self::read(|variable| std::env::var(variable).ok())
    }

    /// The settings as `lookup` knows them.
    pub(crate) fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let lookup = |variable: &str| lookup(variable).filter(|value| !value.trim().is_empty());
        let sources = lookup("RESIZE_SOURCE_URLS").ok_or(ConfigError::Missing {
            variable: "RESIZE_SOURCE_URLS",
            expected: "set it to the folders whose images may be resized, such as s3://bucket/uploads",
        })?;
        let number = |variable, default| match lookup(variable) {
            Some(value) => value.trim().parse().map_err(|source| ConfigError::Number {
                variable,
                value,
                source,
            }),
            None => Ok(default),
        };
        let sources = sources
            .split_whitespace()
            .map(|value| url("RESIZE_SOURCE_URLS", value));
        let sources = sources.collect::<Result<Vec<_>, _>>()?;
        let output = lookup("RESIZE_OUTPUT_URL")
            .map(|value| url("RESIZE_OUTPUT_URL", value.trim()))
            .transpose()?;
        let cache_control = lookup("RESIZE_CACHE_CONTROL").map(|value| value.trim().to_owned());
        let folders = sources.iter().chain(&output).cloned().collect();
        Ok(Self {
            max_bytes: number("RESIZE_MAX_BYTES", 32 << 20)?,
            max_pixels: number("RESIZE_MAX_PIXELS", 50_000_000)?,
            max_variants: usize::try_from(number("RESIZE_MAX_VARIANTS", 24)?).unwrap_or(usize::MAX),
            objects: ObjectsConfig::from_variables(folders, lookup)?,
            sources,
            output,
            cache_control,
        })
    }
}

fn url(variable: &'static str, value: &str) -> Result<Url, ConfigError> {
    Url::parse(value).map_err(|source| ConfigError::Url {
        variable,
        value: value.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::read(|name| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn everything_but_the_sources_has_a_default() {
        let config = read(&[
            ("RESIZE_SOURCE_URLS", "s3://shop/uploads  file:///tmp"),
            ("RESIZE_OUTPUT_URL", ""),
        ])
        .unwrap();
        assert_eq!(config.sources.len(), 2);
        assert_eq!(
            (config.output, config.max_bytes, config.max_pixels),
            (None, 33_554_432, 50_000_000)
        );
    }

    #[test]
    fn an_error_names_the_variable_and_what_is_expected() {
        let sources = ("RESIZE_SOURCE_URLS", "s3://shop");
        let check = |variables: &[(&str, &str)], expected: &str| {
            let text = read(variables).unwrap_err().to_string();
            assert!(text.contains(expected), "{text}");
        };
        check(&[], "RESIZE_SOURCE_URLS is not set; set it to");
        check(
            &[("RESIZE_SOURCE_URLS", "uploads")],
            "RESIZE_SOURCE_URLS holds `uploads`, which is not a URL",
        );
        check(
            &[sources, ("RESIZE_OUTPUT_URL", "out")],
            "RESIZE_OUTPUT_URL holds `out`",
        );
        check(
            &[sources, ("RESIZE_MAX_BYTES", "32M")],
            "RESIZE_MAX_BYTES holds `32M`, which is not a whole number",
        );
    }
}
