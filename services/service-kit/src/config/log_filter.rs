//! `RUST_LOG`: the filter of log lines.
//!
//! The filter's own parser accepts any word as a target, so a misspelt level would hide all lines, errors included.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{LevelFilter, Targets};

pub(super) const ALLOWED: &str = "a level (error, warn, info, debug, trace, off) or directives such as \
     info,ping_agent=debug; a word by itself must be a level or one of our crates, and one directive must apply to our crates";

/// The crates that log. Each service accepts all of them, because `RUST_LOG` is often the same for all services.
const OUR_CRATES: [&str; 8] = [
    "alert_logger",
    "api_gateway",
    "config_reloader",
    "dashboard_ui",
    "demo_target",
    "ping_agent",
    "service_kit",
    "targets",
];

/// Parses a filter. It must pass lines of our crates, or be `off`.
pub(super) fn parse(text: &str) -> Option<EnvFilter> {
    let words = text.split(',').map(str::trim).filter(|it| !it.is_empty());
    let words: Vec<_> = words.collect();
    let text = words.join(",");
    let filter = EnvFilter::try_new(&text).ok()?;
    let is_level_or_crate = |word: &str| word.parse::<LevelFilter>().is_ok() || is_ours(word);
    let is_directive = |word: &str| word.contains(['=', '[']);
    if words.is_empty()
        || !words
            .iter()
            .all(|word| is_directive(word) || is_level_or_crate(word))
    {
        return None;
    }
    // Directives for spans or fields are not checked further.
    if text.contains('[') {
        return Some(filter);
    }
    let targets = text.parse::<Targets>().ok()?;
    let mut enabled = targets
        .iter()
        .filter(|(_, level)| *level != LevelFilter::OFF);
    (targets.default_level().is_some() || enabled.any(|(target, _)| is_ours(target)))
        .then_some(filter)
}

/// Returns whether a target is one of our crates, a module of one, or the beginning of a crate's name.
fn is_ours(target: &str) -> bool {
    OUR_CRATES.iter().any(|name| {
        let module = target.strip_prefix(name);
        name.starts_with(target) || module.is_some_and(|module| module.starts_with("::"))
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn filters_that_hide_all_lines_are_rejected() {
        for refused in [
            "verbose",
            "inof",
            "info,verbose",
            "ping_agent,verbose",
            "hyper=debug",
            "verbose=info",
            "ping_agent=off",
            "ping_agents=info",
            "info ping_agent=debug",
            "ping_agent=loud",
            ",",
            "hyper",
        ] {
            assert!(parse(refused).is_none(), "{refused}");
        }
    }

    #[test]
    fn levels_and_directives_for_our_crates_are_allowed() {
        for allowed in [
            "info",
            "DEBUG",
            "off",
            "2",
            "info,ping_agent=debug",
            "info, hyper=debug",
            "off,hyper=debug",
            "ping_agent",
            "ping_agent::probe=trace",
            "ping=debug",
            "warn,",
            "ping_agent[probe]=debug",
        ] {
            assert!(parse(allowed).is_some(), "{allowed}");
        }
    }

    #[test]
    fn our_crates_are_the_crates_that_log() {
        let services = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut logging: Vec<_> = std::fs::read_dir(services)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|folder| {
                let manifest = std::fs::read_to_string(folder.join("Cargo.toml"));
                manifest.is_ok_and(|text| text.contains("\ntracing.workspace"))
            })
            .map(|folder| {
                let name = folder.file_name().unwrap().to_str().unwrap();
                name.replace('-', "_")
            })
            .collect();
        logging.sort();
        assert_eq!(logging, OUR_CRATES);
    }
}
