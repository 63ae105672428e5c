//! Which operation a request asks for, in each of the two protocols.

use super::wire::Message;

/// Names are longer in no API; what is longer is no name.
const LONGEST: usize = 64;

/// What a request asks for and how its answer is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// Its name in the API; empty if the request has none.
    pub(super) operation: String,
    /// Whether it speaks SQS's older Query protocol: a form in, XML out.
    pub(super) query: bool,
}

/// How many items the transaction in this request has; none if it is no transaction.
pub(super) fn items(request: &Message) -> usize {
    let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap_or_default();
    body["TransactItems"].as_array().map_or(0, Vec::len)
}

impl Asked {
    pub(super) fn of(request: &Message) -> Self {
        if let Some(target) = request.header("x-amz-target") {
            let name = target.rsplit('.').next().unwrap_or_default();
            return Self {
                operation: short(name),
                query: false,
            };
        }
        let url = request.target().split_once('?').map(|(_, query)| query);
        let form = std::str::from_utf8(request.body()).unwrap_or_default();
        let mut pairs = url
            .into_iter()
            .chain([form])
            .flat_map(|text| text.split('&'));
        let action = pairs.find_map(|pair| pair.strip_prefix("Action="));
        Self {
            operation: short(action.unwrap_or_default()),
            query: action.is_some(),
        }
    }
}

fn short(name: &str) -> String {
    let fits = name.len() <= LONGEST;
    if fits { name.to_owned() } else { String::new() }
}
