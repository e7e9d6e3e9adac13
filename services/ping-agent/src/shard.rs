//! The part of the targets that a replica probes.

use std::str::FromStr;

use crate::hash::stable_hash;

/// Part `index` of `count`. The shards `0/n` to `n-1/n` together contain every target exactly once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// The values that [`Shard::from_str`] accepts, for error messages.
    pub const ALLOWED: &str =
        "INDEX/COUNT with 0 <= INDEX < COUNT, such as 0/1 (all targets) or 2/3";

    /// Returns whether the target of this name belongs to the shard.
    #[must_use]
    pub fn contains(self, name: &str) -> bool {
        stable_hash(name) % self.count == self.index
    }
}

/// The text is not a valid `INDEX/COUNT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseShardError;

impl FromStr for Shard {
    type Err = ParseShardError;

    fn from_str(text: &str) -> Result<Self, ParseShardError> {
        let (index, count) = text.trim().split_once('/').ok_or(ParseShardError)?;
        let [index, count] = [index, count].map(|number| {
            let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            digits
                .then(|| number.parse::<u32>().ok())
                .flatten()
                .map(u64::from)
        });
        match (index, count) {
            (Some(index), Some(count)) if index < count => Ok(Self { index, count }),
            _ => Err(ParseShardError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_in_exactly_one_shard_and_shards_have_similar_sizes() {
        let shards: Vec<Shard> = (0..7).map(|i| format!("{i}/7").parse().unwrap()).collect();
        let mut counts = [0_usize; 7];
        for target in 0..7_000 {
            let name = format!("https://host-{target}.example.com/health");
            let owners: Vec<_> = (0..7).filter(|&i| shards[i].contains(&name)).collect();
            assert_eq!(owners.len(), 1, "{name}");
            counts[owners[0]] += 1;
        }
        assert!(
            counts.iter().all(|count| (850..1_150).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn the_default_shard_contains_every_target() {
        let all: Shard = "0/1".parse().unwrap();
        assert!(
            ["", "a", "https://example.com"]
                .iter()
                .all(|name| all.contains(name))
        );
    }

    #[test]
    fn an_invalid_shard_is_rejected() {
        for text in [
            "",
            "1",
            "1/1",
            "0/0",
            "-1/2",
            "+0/1",
            "0/1/2",
            "a/b",
            "0/",
            "/1",
            "0/4294967296",
        ] {
            assert_eq!(text.parse::<Shard>(), Err(ParseShardError), "{text}");
        }
    }
}
