//! Lists of Lambda's, page by page.

use hikyaku::signed::SignedRequest;
use serde_json::Value as Json;

use super::Reach;
use crate::outcome::OperatorError;

/// A list that Lambda keeps.
pub(crate) struct List {
    /// What asks for it, which is also the permission's name.
    pub(crate) operation: &'static str,
    /// Where it is, with a slash at its end.
    pub(crate) path: &'static str,
    /// The member of an answer that holds it.
    pub(crate) member: &'static str,
    /// What it lists, for messages.
    pub(crate) what: &'static str,
}

impl Reach {
    /// A whole list. One request for a page, of as many as Lambda gives.
    pub(crate) async fn lambda_list(&self, list: &List) -> Result<Vec<Json>, OperatorError> {
        let mut found = Vec::new();
        let mut marker = String::new();
        loop {
            let request = SignedRequest {
                operation: list.operation.to_owned(),
                method: "GET",
                path: format!("{}?MaxItems=100{marker}", list.path),
                ..SignedRequest::default()
            };
            let answer = self.ask("lambda", request).await.map_err(|error| {
                let doing = format!("listing the {} of {}", list.what, self.name());
                let next = format!("may these keys do lambda:{}?", list.operation);
                OperatorError::asking(doing, next, error)
            })?;
            let page = answer[list.member].as_array().cloned();
            found.extend(page.unwrap_or_default());
            let next = answer["NextMarker"].as_str();
            let Some(next) = next.filter(|next| !next.is_empty()) else {
                return Ok(found);
            };
            let encoded: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
            marker = format!("&Marker={encoded}");
        }
    }
}
