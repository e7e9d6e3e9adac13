//! Any targets.toml is parsed or rejected, and no error message contains a password.
#![no_main]

use std::time::Duration;

use targets::{Defaults, TargetSet};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let defaults = Defaults {
        interval: Duration::from_secs(15),
        timeout: None,
    };
    if let Ok(set) = TargetSet::parse_toml(text, &defaults) {
        for target in set.iter() {
            let password = target.url.password().unwrap_or_default();
            // A short password may be part of another word.
            assert!(password.len() < 8 || password == "xxxxx" || !format!("{target:?}").contains(password));
            // The default is 1970.
            if let Some(first) = target.maintenance.next_after(Default::default()) {
                assert!(target.maintenance.active(first.start).is_some_and(|active| active.end >= first.end));
                let next = target.maintenance.occurrences(first.start..first.end).take(1_000);
                assert!(next.is_sorted_by_key(|occurrence| occurrence.start));
            }
        }
    }
});
