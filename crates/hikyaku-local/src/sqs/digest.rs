//! The digests that SQS answers with and that its clients check.

use std::fmt::Write as _;

use md5::{Digest, Md5};
use sha2::Sha256;

use super::message::{AttributeValue, MessageAttribute};

/// The MD5 of a message's body, in hexadecimal digits.
pub(crate) fn of_body(body: &str) -> String {
    hexadecimal(&Md5::digest(body.as_bytes()))
}

/// The MD5 of message attributes, which must come sorted by name; `None` without any.
///
/// SQS Developer Guide, "Calculating the MD5 message digest for message attributes": for each attribute, the lengths and
/// bytes of its name and of its data type, one byte for the transport (1 text, 2 binary), the length and bytes of its value.
pub(crate) fn of_attributes<'a>(
    attributes: impl IntoIterator<Item = (&'a str, &'a MessageAttribute)>,
) -> Option<String> {
    let mut attributes = attributes.into_iter().peekable();
    attributes.peek()?;
    let mut digest = Md5::new();
    for (name, attribute) in attributes {
        measured(&mut digest, name.as_bytes());
        measured(&mut digest, attribute.data_type.as_bytes());
        digest.update([match attribute.value {
            AttributeValue::String(_) => 1,
            AttributeValue::Binary(_) => 2,
        }]);
        measured(&mut digest, attribute.value.as_bytes());
    }
    Some(hexadecimal(&digest.finalize()))
}

/// The SHA-256 of a body, in hexadecimal digits: its deduplication id where the queue deduplicates on content.
pub(crate) fn deduplication_id(body: &str) -> String {
    hexadecimal(&Sha256::digest(body.as_bytes()))
}

/// An id in the shape of a UUID, from numbers that are together unique.
pub(crate) fn uuid(seed: u64, number: u64) -> String {
    let mut digest = Md5::new();
    digest.update(seed.to_be_bytes());
    digest.update(number.to_be_bytes());
    let mut bytes: [u8; 16] = digest.finalize().into();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hexadecimal(&bytes);
    format!(
        "{}-{}-{}-{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..]
    )
}

fn measured(digest: &mut Md5, bytes: &[u8]) {
    // No part of a message is longer than 1 MiB.
    digest.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    digest.update(bytes);
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(
        String::with_capacity(bytes.len() * 2),
        |mut digits, byte| {
            let _ = write!(digits, "{byte:02x}"); // writing to a String cannot fail
            digits
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    // What AWS answered for these attributes.
    #[test]
    fn digest_of_attributes_is_the_one_that_aws_computes() {
        let text = |value: &str| MessageAttribute::string(value);
        let (there, kenobi, me) = (text("There"), text("Kenobi"), text("Me"));
        let all = [("General", &kenobi), ("Hello", &there), ("Help.Me", &me)];
        assert_eq!(
            of_attributes(all).unwrap(),
            "4c360f3fdafd970e05fae2f149d997f5"
        );
        assert_eq!(
            of_attributes([("Hello", &there)]).unwrap(),
            "a311262e065454b75da111d535b8dacd"
        );
        let trace = b"traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01";
        let binary = MessageAttribute::binary(trace.to_vec());
        assert_eq!(
            of_attributes([("attr1", &binary)]).unwrap(),
            "8cbe4db156db8a94db8b801b7addb984"
        );
        assert_eq!(of_attributes([]), None);
    }

    #[test]
    fn digest_of_a_body_is_its_md5() {
        assert_eq!(of_body("msg"), "6e2baaf3b97dbeef01c0043275f9a0e7");
    }
}
