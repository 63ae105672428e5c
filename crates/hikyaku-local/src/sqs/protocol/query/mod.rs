//! The AWS Query protocol, which SDKs spoke to SQS until November 2023: a form in, XML out, errors with a code.
//!
//! The names of parameters and elements are those of AWS's service model for SQS of that time
//! (botocore 1.29, `data/sqs/2012-11-05/service-2.json`).

mod form;
mod names;
mod parameters;
mod xml;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::parameters::Parameters;
use super::actions::{self, Wire};
use super::{Request, answer};
use crate::sqs::digest;
use crate::sqs::error::SqsError;
use crate::sqs::operations::Context;

const CONTENT_TYPE: &str = "text/xml";
/// The version of the API, the only one that AWS's clients have asked for since 2012.
const VERSION: &str = "2012-11-05";

/// Runs one request.
pub(super) async fn respond(context: &Context, request: Request<'_>) -> Response<Body> {
    let request_id = digest::uuid(fastrand::u64(..), fastrand::u64(..));
    let outcome = match Form::read(request, &request_id) {
        Ok(form) => actions::run(context, &form.action, &form).await,
        Err(error) => Err(error),
    };
    let mut response = match outcome {
        Ok(document) => answer(StatusCode::OK, CONTENT_TYPE, Body::from(document)),
        Err(error) => refuse(&error, &request_id),
    };
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}

/// A request: its action and the action's parameters.
struct Form<'a> {
    action: String,
    parameters: Parameters,
    request_id: &'a str,
}

impl<'a> Form<'a> {
    fn read(request: Request<'_>, request_id: &'a str) -> Result<Self, SqsError> {
        let mut pairs = form::decode(request.uri.query().unwrap_or_default().as_bytes())?;
        if request.has_form() {
            pairs.extend(form::decode(request.body)?);
        }
        let given = |name: &str| pairs.iter().find(|(given, _)| given == name);
        let action = given("Action").map(|(_, action)| action.clone());
        let action = action.ok_or_else(|| {
            SqsError::UnknownAction("of a form without the parameter `Action`".to_owned())
        })?;
        if let Some((_, version)) = given("Version").filter(|(_, version)| version != VERSION) {
            return Err(SqsError::UnknownAction(format!(
                "`{action}` of version `{version}`, not {VERSION},"
            )));
        }
        // A queue's URL is where its requests go: its parameter may be left out.
        if given("QueueUrl").is_none() && request.uri.path() != "/" {
            pairs.push(("QueueUrl".to_owned(), request.uri.path().to_owned()));
        }
        Ok(Self {
            parameters: Parameters::read(&action, pairs)?,
            action,
            request_id,
        })
    }
}

impl Wire for Form<'_> {
    fn read<I: DeserializeOwned>(&self) -> Result<I, SqsError> {
        let input = self.parameters.input(&self.action)?;
        serde_json::from_value(input).map_err(|error| SqsError::Malformed(error.to_string()))
    }

    fn write<O: Serialize>(&self, output: &O) -> Result<Vec<u8>, SqsError> {
        match serde_json::to_value(output) {
            Ok(Value::Object(output)) => Ok(xml::answer(&self.action, output, self.request_id)),
            Ok(_) => Err(SqsError::Malformed("the answer has no fields".to_owned())),
            Err(error) => Err(SqsError::Malformed(error.to_string())),
        }
    }
}

fn refuse(error: &SqsError, request_id: &str) -> Response<Body> {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let document = xml::refusal(error.code(), &error.message(), request_id);
    answer(status, CONTENT_TYPE, Body::from(document))
}
