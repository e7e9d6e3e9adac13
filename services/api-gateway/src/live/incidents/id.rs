//! Ids of alerts, which need no escaping in URLs, attributes and file names.

use std::borrow::Cow;

use crate::sources::alert_logger::LoggedAlert;

/// The longest fingerprint that is part of an id. Alertmanager's have 16 characters.
const FINGERPRINT_MAX: usize = 64;

/// Returns an alert's id: the milliseconds of its start, and its fingerprint. It never changes.
pub(super) fn id(alert: &LoggedAlert) -> String {
    let milliseconds = alert.started_at.as_millisecond();
    format!("{milliseconds}-{}", fingerprint(&alert.fingerprint))
}

/// Returns a fingerprint unchanged if it needs no escaping, else its hash. Anyone who can post an alert chooses it.
fn fingerprint(text: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
    if (1..=FINGERPRINT_MAX).contains(&text.len()) && text.bytes().all(plain) {
        return text.into();
    }
    format!("x-{:016x}", fnv1a(text.as_bytes())).into()
}

/// Returns the FNV-1a hash, which is the same for every version of the program.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_hash_equals_that_of_other_programs() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_usual_fingerprint_is_kept() {
        assert_eq!(fingerprint("00000000000000ff"), "00000000000000ff");
        assert_eq!(fingerprint("9F1C"), fingerprint("9F1C"));
        assert_ne!(fingerprint("9F1C"), "9f1c");
    }

    proptest! {
        #[test]
        fn no_fingerprint_needs_escaping(text in any::<String>()) {
            let text = fingerprint(&text);
            prop_assert!(!text.is_empty() && text.len() <= FINGERPRINT_MAX);
            let plain = |c: char| c.is_ascii_digit() || c.is_ascii_lowercase() || c == '-';
            prop_assert!(text.chars().all(plain), "{text}");
        }
    }
}
