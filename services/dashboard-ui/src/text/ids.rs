//! Identifiers derived from texts. They are the same in every build, because feed readers and open pages store them.

use uuid::{Uuid, uuid};

/// The namespace of the feed's identifiers.
const NAMESPACE: Uuid = uuid!("5f0c2d5e-7c1b-4e0a-9d43-2f6b8a1e9c70");

/// Returns the `id` of a page element: `kind-` and 16 hexadecimal digits of a hash of `name`.
pub(crate) fn element_id(kind: &str, name: &str) -> String {
    format!("{kind}-{:016x}", fnv1a(name.as_bytes()) >> 64)
}

/// Returns the `urn:uuid:` of a text (version 5).
pub(crate) fn urn(text: &str) -> String {
    Uuid::new_v5(&NAMESPACE, text.as_bytes()).urn().to_string()
}

/// Returns the 128-bit FNV-1a hash of a text. Its upper half differs little between similar names, so the ids of a long
/// page compress well.
fn fnv1a(text: &[u8]) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    text.iter().fold(OFFSET, |digest, byte| {
        (digest ^ u128::from(*byte)).wrapping_mul(PRIME)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_the_same_in_every_build() {
        // The published test vectors of FNV-1a.
        assert_eq!(fnv1a(b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(fnv1a(b"foobar"), 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
        assert_eq!(element_id("target", "foobar"), "target-343e1662793c64bf");
        assert_eq!(
            urn("foobar"),
            "urn:uuid:5e1d66c9-5364-5d6d-b94a-5d180f49e640"
        );
    }
}
