//! Settings that are kept in Secrets Manager or SSM Parameter Store, named as ECS task definitions name them.

use serde_json::{Value as Json, json};

use crate::Config;
use crate::signed::{Service, SignedClient, SignedError, SignedRequest};

/// Where a secret is: the `valueFrom` of an ECS container's secret, so that it can be copied from the task definition
/// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Secret.html>).
///
/// ```
/// use hikyaku::secrets::ValueFrom;
///
/// // A key of a secret that holds JSON, as RDS's own secrets do.
/// let arn = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:app-AbCdEf:password::";
/// assert!(ValueFrom::parse(arn).is_ok());
/// // A parameter, by its ARN or, in the function's own region, by its name.
/// assert!(ValueFrom::parse("arn:aws:ssm:us-east-1:123456789012:parameter/app/key").is_ok());
/// assert!(ValueFrom::parse("/app/key").is_ok());
/// assert!(ValueFrom::parse("hunter2:").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueFrom {
    place: Place,
    /// None: the function's own.
    region: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Secret {
        id: String,
        json_key: Option<String>,
        stage: Option<String>,
        version: Option<String>,
    },
    Parameter {
        name: String,
    },
}

/// The text names no secret. It is not shown: it may be a secret itself, put in the wrong place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected the ARN of a secret (arn:aws:secretsmanager:…:secret:NAME[:JSON-KEY:STAGE:VERSION]), or the ARN or the \
     name of a parameter (arn:aws:ssm:…:parameter/NAME, /NAME)"
)]
pub struct NotAPlace;

/// A secret could not be read. No text of it is in here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The service did not give it out.
    #[error("reading the secret `{name}`")]
    Service {
        /// Its id or name.
        name: String,
        /// Why.
        #[source]
        source: SignedError,
    },
    /// There is no text in it.
    #[error("reading the secret `{name}`: it holds no text{}", key.as_ref().map(|key| format!(" under the key `{key}`")).unwrap_or_default())]
    Empty {
        /// Its id or name.
        name: String,
        /// The key that was looked for.
        key: Option<String>,
    },
}

impl ValueFrom {
    /// Reads where a secret is.
    ///
    /// # Errors
    /// The text is neither an ARN of a secret or a parameter nor a parameter's name.
    pub fn parse(text: &str) -> Result<Self, NotAPlace> {
        let text = text.trim();
        let parts: Vec<&str> = text.split(':').collect();
        match parts.as_slice() {
            [
                "arn",
                _,
                "secretsmanager",
                region,
                _,
                "secret",
                name,
                options @ ..,
            ] if options.len() <= 3 && !name.is_empty() => {
                let option = |at: usize| {
                    let text = options.get(at).copied().filter(|text| !text.is_empty());
                    text.map(str::to_owned)
                };
                let place = Place::Secret {
                    id: parts.get(..7).unwrap_or_default().join(":"),
                    json_key: option(0),
                    stage: option(1),
                    version: option(2),
                };
                Ok(Self::at(place, region))
            }
            ["arn", _, "ssm", region, _, parameter] if parameter.starts_with("parameter/") => {
                let name = text.to_owned();
                Ok(Self::at(Place::Parameter { name }, region))
            }
            [name] if is_parameter_name(name) => {
                let name = (*name).to_owned();
                Ok(Self::at(Place::Parameter { name }, ""))
            }
            _ => Err(NotAPlace),
        }
    }

    fn at(place: Place, region: &str) -> Self {
        let region = Some(region).filter(|region| !region.is_empty());
        Self {
            place,
            region: region.map(str::to_owned),
        }
    }

    fn name(&self) -> &str {
        match &self.place {
            Place::Secret { id, .. } => id,
            Place::Parameter { name } => name,
        }
    }

    /// Reads it: one request, by a function's role that may `secretsmanager:GetSecretValue` or `ssm:GetParameter` (and
    /// `kms:Decrypt`, if the key is not AWS's own).
    ///
    /// # Errors
    /// See [`SecretError`].
    pub async fn read(&self, config: &Config) -> Result<String, SecretError> {
        let region = self.region.as_deref().unwrap_or(&config.region);
        let (signing_name, endpoint) = match self.place {
            Place::Secret { .. } => ("secretsmanager", config.secrets_endpoint.as_deref()),
            Place::Parameter { .. } => ("ssm", config.ssm_endpoint.as_deref()),
        };
        let service = Service::new(signing_name, region, config.dual_stack, endpoint);
        let client = SignedClient::of(
            &Config {
                region: region.to_owned(),
                ..config.clone()
            },
            endpoint,
        );
        let answer = client.send(&service, self.request()).await;
        let answer = answer.map_err(|source| SecretError::Service {
            name: self.name().to_owned(),
            source,
        })?;
        self.text(&answer).ok_or_else(|| SecretError::Empty {
            name: self.name().to_owned(),
            key: match &self.place {
                Place::Secret { json_key, .. } => json_key.clone(),
                Place::Parameter { .. } => None,
            },
        })
    }

    fn request(&self) -> SignedRequest {
        match &self.place {
            Place::Secret {
                id, stage, version, ..
            } => {
                let mut body = json!({ "SecretId": id });
                if let Some(stage) = stage {
                    body["VersionStage"] = stage.as_str().into();
                }
                if let Some(version) = version {
                    body["VersionId"] = version.as_str().into();
                }
                SignedRequest::json("secretsmanager.GetSecretValue", "1.1", &body)
            }
            Place::Parameter { name } => {
                let body = json!({ "Name": name, "WithDecryption": true });
                SignedRequest::json("AmazonSSM.GetParameter", "1.1", &body)
            }
        }
    }

    fn text(&self, answer: &Json) -> Option<String> {
        let (text, key) = match &self.place {
            Place::Secret { json_key, .. } => (answer.get("SecretString")?, json_key.as_deref()),
            Place::Parameter { .. } => (answer.get("Parameter")?.get("Value")?, None),
        };
        let text = text.as_str()?;
        let Some(key) = key else {
            return Some(text.to_owned());
        };
        let object: Json = serde_json::from_str(text).ok()?;
        match object.get(key)? {
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html>
fn is_parameter_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 1011
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte))
}

#[cfg(test)]
mod tests;
