//! A stable hash of a target's name: it does not depend on the process, the machine or the compiler. Slots and shards use
//! it, so a target keeps both over restarts and upgrades.

/// Hashes a name with FNV-1a and the finalizer of MurmurHash3. FNV alone gives short names similar high bits.
///
/// Sources: <http://www.isthe.com/chongo/tech/comp/fnv/>, `fmix64` of <https://github.com/aappleby/smhasher>.
#[must_use]
pub(crate) fn stable_hash(name: &str) -> u64 {
    let mut hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A different hash in a new version would move every target to another slot and shard.
    #[test]
    fn the_hash_is_the_same_in_every_build() {
        assert_eq!(stable_hash(""), 0xefd0_1f60_ba99_2926);
        assert_eq!(stable_hash("https://example.com"), 0x8f5f_009d_c2b9_4c1c);
    }
}
