//! How requests and answers are written. An action knows nothing of it, so a second protocol fits beside the first.

pub(crate) mod json;

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, header};

/// Whether a request speaks the older Query protocol: a form in, XML out.
pub(crate) fn is_query(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"))
}

/// The answer to the Query protocol, in the shape in which its clients expect errors.
pub(crate) fn refuse_query() -> Response<Body> {
    let text = "<?xml version=\"1.0\"?>\n\
        <ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error><Type>Sender</Type>\
        <Code>UnsupportedProtocol</Code><Message>The Query protocol is not spoken here. Accepted: the AWS JSON 1.0 protocol \
        (POST with Content-Type application/x-amz-json-1.0 and X-Amz-Target AmazonSQS.ACTION), which AWS SDKs have used \
        for SQS since November 2023.</Message></Error></ErrorResponse>";
    answer(StatusCode::BAD_REQUEST, "text/xml", Body::from(text))
}

/// An answer with a type and a body.
pub(crate) fn answer(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(content_type),
    );
    response
}
