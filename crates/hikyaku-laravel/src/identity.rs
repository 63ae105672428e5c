//! Identities that follow from other identities, so that what is sent twice is known to be one.

use sha1::{Digest, Sha1};

/// The name space of the uuids derived here; a random one.
const NAMESPACE: [u8; 16] = [
    0x6b, 0x0f, 0x1d, 0x53, 0x7c, 0x2e, 0x4a, 0x7f, 0x9d, 0x41, 0xc1, 0x5a, 0x22, 0x8e, 0x90, 0x3b,
];

/// A uuid of version 5 (RFC 9562, section 5.5) for `purpose` of the thing that is known as `id`.
pub fn derived_uuid(id: &str, purpose: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(NAMESPACE);
    hash.update(id.as_bytes());
    hash.update([0]);
    hash.update(purpose.as_bytes());
    let digest = hash.finalize();
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    formatted(bytes, 5)
}

/// A uuid of version 4 (RFC 9562, section 5.4) out of random bytes.
pub fn random_uuid(random: [u8; 16]) -> String {
    formatted(random, 4)
}

fn formatted(mut bytes: [u8; 16], version: u8) -> String {
    bytes[6] = (bytes[6] & 0x0f) | (version << 4);
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_uuid_follows_from_its_origin_and_its_purpose() {
        let first = derived_uuid("a", "chain:1");
        assert_eq!(first, derived_uuid("a", "chain:1"));
        assert_ne!(first, derived_uuid("a", "chain:2"));
        assert_ne!(first, derived_uuid("b", "chain:1"));
        assert_ne!(derived_uuid("ab", "c"), derived_uuid("a", "bc"));
        assert_eq!(first.len(), 36);
        assert_eq!(first.as_bytes()[14], b'5');
        assert!(matches!(first.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
    }

    #[test]
    fn a_random_uuid_keeps_its_bits_but_for_version_and_variant() {
        assert_eq!(
            random_uuid([0xff; 16]),
            "ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
        assert_eq!(random_uuid([0; 16]), "00000000-0000-4000-8000-000000000000");
    }
}
