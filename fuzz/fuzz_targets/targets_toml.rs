//! Any text that might stand in targets.toml: a set of targets, or refused without showing a password.
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
            // A short one may be part of something else.
            assert!(password.len() < 8 || password == "xxxxx" || !format!("{target:?}").contains(password));
        }
    }
});
