//! What the function is told by its environment. Nothing else reads it.

use hikyaku::objects::{ObjectsConfig, ObjectsError};
use url::Url;

/// The settings, one variable each.
#[derive(Debug)]
pub(crate) struct Config {
    /// `REPORT_URL`: the folder the reports are stored in, such as `s3://shop-reports/jobs`. Required.
    pub(crate) folder: Url,
    /// AWS's own variables, for `s3://`; the folder above is all it allows.
    pub(crate) objects: ObjectsConfig,
    /// `HIKYAKU_FAILED_TABLE` and `HIKYAKU_APPLICATION`: whose failed jobs are reported. The rest is for the engine.
    pub(crate) hikyaku: hikyaku::Config,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// Not set, or empty.
    #[error(
        "reading the settings: REPORT_URL is not set; set it to the folder for the reports, such as s3://bucket/reports"
    )]
    NoFolder,
    /// Not a URL.
    #[error(
        "reading the settings: REPORT_URL holds `{value}`, which is not a URL such as s3://bucket/reports"
    )]
    Folder {
        /// What it holds.
        value: String,
        /// Why that is not a URL.
        source: url::ParseError,
    },
    /// AWS's variables do not fit together.
    #[error("reading the settings of the object store")]
    Objects(#[from] ObjectsError),
    /// The engine's variables.
    #[error("reading the settings of the engine")]
    Hikyaku(#[from] hikyaku::config::ConfigError),
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
        let value = lookup("REPORT_URL").filter(|value| !value.trim().is_empty());
        let value = value.ok_or(ConfigError::NoFolder)?;
        let folder =
            Url::parse(value.trim()).map_err(|source| ConfigError::Folder { value, source })?;
        let hikyaku = hikyaku::Config::from_lookup(|variable| Ok(lookup(variable)))?;
        let objects = ObjectsConfig::from_variables(vec![folder.clone()], lookup)?;
        Ok(Self {
            folder,
            objects,
            hikyaku,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(folder: Option<&str>) -> Result<Config, ConfigError> {
        Config::read(|variable| {
            folder
                .filter(|_| variable == "REPORT_URL")
                .map(str::to_owned)
        })
    }

    #[test]
    fn the_folder_is_all_that_must_be_set() {
        let config = read(Some("s3://shop/reports")).unwrap();
        assert_eq!(config.folder.as_str(), "s3://shop/reports");
        assert_eq!(config.hikyaku.failed_table, "failed_jobs");
    }

    #[test]
    fn an_error_names_the_variable_and_what_is_expected() {
        let text = |folder| read(folder).unwrap_err().to_string();
        assert!(text(None).contains("REPORT_URL is not set; set it to the folder"));
        assert!(text(Some(" ")).contains("REPORT_URL is not set"));
        assert!(text(Some("reports")).contains("REPORT_URL holds `reports`, which is not a URL"));
    }
}
