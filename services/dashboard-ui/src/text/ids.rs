//! Identifiers made from texts: the same in every build, since feed readers and open pages remember them.

/// FNV-1a with 128 bits. Nobody gains anything from two texts with the same digest but a page that is wrong about
/// their own targets.
fn fnv1a(text: &[u8]) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    text.iter().fold(OFFSET, |digest, byte| {
        (digest ^ u128::from(*byte)).wrapping_mul(PRIME)
    })
}

/// The `id` of the element of a thing, whatever that is called.
pub(crate) fn element_id(kind: &str, name: &str) -> String {
    format!("{kind}-{:016x}", fnv1a(name.as_bytes()) >> 64)
}

/// A `urn:uuid:` of the custom kind (version 8) for a text.
pub(crate) fn urn(text: &str) -> String {
    let digest = fnv1a(text.as_bytes());
    let versioned = (digest & !(0xf << 76)) | (0x8 << 76);
    let marked = (versioned & !(0x3 << 62)) | (0x2 << 62);
    let hex = format!("{marked:032x}");
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default();
    format!(
        "urn:uuid:{}-{}-{}-{}-{}",
        part(0..8),
        part(8..12),
        part(12..16),
        part(16..20),
        part(20..32)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_every_build() {
        // The published test vectors of FNV-1a.
        assert_eq!(fnv1a(b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(fnv1a(b"foobar"), 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
        assert_eq!(element_id("target", "foobar"), "target-343e1662793c64bf");
        assert_eq!(
            urn("foobar"),
            "urn:uuid:343e1662-793c-84bf-af0d-3597ba446f18"
        );
    }
}
