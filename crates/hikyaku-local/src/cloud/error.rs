//! Why a cloud could not start.

use std::fmt;
use std::net::SocketAddr;

use crate::dynamodb::DynamoDbError;
use crate::faults::FaultsError;
use crate::lambda::InvokeError;
use crate::sqs::SqsError;
use crate::template::TemplateError;

/// One of the services that have a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// SQS.
    Sqs,
    /// DynamoDB.
    DynamoDb,
    /// Lambda's Invoke API.
    Lambda,
}

impl Service {
    /// The option that chooses its port.
    pub fn option(self) -> &'static str {
        match self {
            Self::Sqs => "--sqs-port",
            Self::DynamoDb => "--dynamodb-port",
            Self::Lambda => "--lambda-port",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqs => "SQS",
            Self::DynamoDb => "DynamoDB",
            Self::Lambda => "Lambda",
        })
    }
}

/// A cloud that could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloudError {
    /// A port is taken.
    #[error("{address} is taken, which {service} needs; stop what listens there, or take any free port with `{} 0`", service.option())]
    PortTaken {
        /// Who needs it.
        service: Service,
        /// The address and port.
        address: SocketAddr,
    },
    /// A port cannot be opened for another reason.
    #[error("could not open {address} for {service}")]
    Bind {
        /// Who needs it.
        service: Service,
        /// The address and port.
        address: SocketAddr,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The template is wrong.
    #[error(transparent)]
    Template(#[from] Box<TemplateError>),
    /// A queue could not be made as the template says.
    #[error("could not create the queues of the template")]
    Sqs(#[from] SqsError),
    /// A table could not be made as the template says.
    #[error(transparent)]
    DynamoDb(#[from] DynamoDbError),
    /// A mapping names a function that is not there.
    #[error(transparent)]
    Lambda(#[from] InvokeError),
    /// The faults that were asked for cannot be made.
    #[error(transparent)]
    Faults(#[from] FaultsError),
}
