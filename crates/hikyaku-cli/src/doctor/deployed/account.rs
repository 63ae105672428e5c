//! The account that is asked, with the shell's own region and keys.

use hikyaku::Config;
use hikyaku::signed::{Service, SignedClient, SignedError, SignedRequest};
use serde_json::Value;

use super::DeployedError;

/// Who answers requests.
pub(crate) trait Account {
    /// Where it is.
    fn region(&self) -> &str;

    /// One request to a service.
    async fn ask(
        &self,
        service: &'static str,
        request: SignedRequest,
    ) -> Result<Value, SignedError>;
}

/// AWS, or whatever `AWS_ENDPOINT_URL` says.
pub(crate) struct Aws {
    client: SignedClient,
    region: String,
    endpoint: Option<String>,
}

impl Aws {
    /// Reads region, keys and endpoint from the environment. Asks for nothing.
    pub(crate) fn from_env() -> Result<Self, DeployedError> {
        let config = Config::from_env()?;
        // A shell that names an endpoint for SQS means an emulator, which answers for all.
        let endpoint = config.sqs_endpoint.clone();
        Ok(Self {
            client: SignedClient::of(&config, endpoint.as_deref()),
            region: config.region,
            endpoint,
        })
    }
}

impl Account for Aws {
    fn region(&self) -> &str {
        &self.region
    }

    async fn ask(
        &self,
        service: &'static str,
        request: SignedRequest,
    ) -> Result<Value, SignedError> {
        let service = Service::new(service, &self.region, false, self.endpoint.as_deref());
        self.client.send(&service, request).await
    }
}
