//! How requests and answers are written. An action knows nothing of it: each protocol reads and writes the same inputs
//! and outputs.

mod actions;
mod json;
mod query;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri, header};

use crate::sqs::operations::Context;

/// The header in which the JSON protocol names its action.
const TARGET: &str = "x-amz-target";

/// One request, before it is known which protocol it speaks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

/// Runs one request in the protocol that it speaks.
pub(crate) async fn respond(context: &Context, request: Request<'_>) -> Response<Body> {
    let posted = request.method == Method::POST;
    if request.speaks_query() && (posted || request.method == Method::GET) {
        query::respond(context, request).await
    } else if posted {
        json::respond(context, request.headers, request.body).await
    } else {
        let text = "This is SQS: POST with `X-Amz-Target: AmazonSQS.<Action>` and a JSON body, or `Action=<Action>` and \
             its parameters as a form.\n";
        answer(
            StatusCode::METHOD_NOT_ALLOWED,
            "text/plain",
            Body::from(text),
        )
    }
}

impl Request<'_> {
    /// Whether this is the older Query protocol: a form in the body or in the URL, XML out.
    fn speaks_query(&self) -> bool {
        !self.headers.contains_key(TARGET) && (self.has_form() || self.names_an_action_in_its_url())
    }

    fn has_form(&self) -> bool {
        let content_type = self.headers.get(header::CONTENT_TYPE);
        let media_type = content_type
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next());
        media_type.is_some_and(|media_type| {
            media_type
                .trim()
                .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        })
    }

    fn names_an_action_in_its_url(&self) -> bool {
        let query = self.uri.query().unwrap_or_default();
        query.split('&').any(|pair| pair.starts_with("Action="))
    }
}

/// An answer with a type and a body.
fn answer(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(content_type),
    );
    response
}
