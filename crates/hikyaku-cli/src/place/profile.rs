//! Keys from the AWS CLI: it knows every way there is to sign in (SSO, roles, processes), and is where people do it.
//!
//! AWS CLI reference, `aws configure export-credentials` (version 2.9 and later).

use std::process::Command;

use hikyaku::config::Credentials;
use serde::Deserialize;

use crate::outcome::OperatorError;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Exported {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

/// The keys of a profile, or of the one that the AWS CLI takes by itself.
pub(super) fn credentials(profile: Option<&str>) -> Result<Credentials, OperatorError> {
    let arguments = ["configure", "export-credentials", "--format", "process"];
    let output = aws(&arguments, profile).map_err(|error| OperatorError::NoCredentials {
        why: format!("; the AWS CLI could not be asked ({error})"),
    })?;
    let refused = |said: &str| OperatorError::NoCredentials {
        why: format!("; the AWS CLI says: {}", said.trim()),
    };
    if !output.status.success() {
        return Err(refused(&String::from_utf8_lossy(&output.stderr)));
    }
    let exported: Exported = serde_json::from_slice(&output.stdout)
        .map_err(|_| refused("something that is not what export-credentials prints"))?;
    Ok(Credentials {
        key_id: exported.access_key_id,
        secret: exported.secret_access_key,
        session: exported.session_token.filter(|token| !token.is_empty()),
    })
}

/// The region of a profile, if it has one.
pub(super) fn region(profile: Option<&str>) -> Option<String> {
    let output = aws(&["configure", "get", "region"], profile).ok()?;
    let region = String::from_utf8(output.stdout).ok()?;
    Some(region.trim().to_owned()).filter(|region| !region.is_empty())
}

fn aws(arguments: &[&str], profile: Option<&str>) -> std::io::Result<std::process::Output> {
    let mut command = Command::new("aws");
    command.args(arguments);
    if let Some(profile) = profile {
        command.args(["--profile", profile]);
    }
    command.output()
}
