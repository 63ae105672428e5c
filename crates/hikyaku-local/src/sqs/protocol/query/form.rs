//! A form as bytes: `name=value&name=value`, percent-encoded.
//!
//! Stricter than the decoder of the `url` crate, which replaces what is not UTF-8: a body would change unnoticed.

use crate::sqs::error::SqsError;

/// The most parameters of one request. A batch of ten messages with ten attributes each has fewer than 400.
const MAXIMUM_PARAMETERS: usize = 10_000;

/// The names and values in their order.
pub(super) fn decode(form: &[u8]) -> Result<Vec<(String, String)>, SqsError> {
    let pairs = form
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty());
    if pairs.clone().nth(MAXIMUM_PARAMETERS).is_some() {
        let text = format!("the form has more than {MAXIMUM_PARAMETERS} parameters");
        return Err(SqsError::Malformed(text));
    }
    pairs
        .map(|pair| {
            let equals = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = match equals {
                Some(equals) => (&pair[..equals], &pair[equals + 1..]),
                None => (pair, &[][..]),
            };
            Ok((text(name)?, text(value)?))
        })
        .collect()
}

fn text(encoded: &[u8]) -> Result<String, SqsError> {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut rest = encoded.iter();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = digit(rest.next())?;
                high << 4 | digit(rest.next())?
            }
            byte => *byte,
        });
    }
    String::from_utf8(decoded)
        .map_err(|_| SqsError::Malformed("the form holds what is not UTF-8".to_owned()))
}

fn digit(character: Option<&u8>) -> Result<u8, SqsError> {
    character
        .and_then(|byte| char::from(*byte).to_digit(16))
        .and_then(|digit| u8::try_from(digit).ok())
        .ok_or_else(|| {
            SqsError::Malformed(
                "the form has a `%` that two hexadecimal digits do not follow".to_owned(),
            )
        })
}
