//! Properties of parsing and redaction for every text.
#![allow(clippy::unwrap_used, reason = "a panic is a test's message")]

use std::collections::HashSet;

use proptest::prelude::*;
use targets::{Defaults, TargetSet, TargetSource, redact};

/// The part of a password that must not appear anywhere.
const SECRET: &str = "S3CR3T";

/// Generates passwords around [`SECRET`], of characters that are separators elsewhere and of the class `others`. `://` is
/// left out, because another URL begins there.
fn password(others: &'static str) -> impl Strategy<Value = String> {
    let character = prop_oneof![
        prop::sample::select(vec![",", "@", "/", ":", "?", "#"]).prop_map(str::to_owned),
        others
    ];
    let text = prop::collection::vec(character, 0..6).prop_map(|characters| characters.concat());
    (text.clone(), text)
        .prop_map(|(before, after)| format!("{before}{SECRET}{after}"))
        .prop_filter("another URL", |password| !password.contains("://"))
}

/// Generates URLs with such a password.
fn url(others: &'static str) -> impl Strategy<Value = String> {
    let scheme = prop_oneof!["https?", "HTTPS", "tcp", "gopher"];
    let user = prop_oneof!["[a-z]{0,4}", "[a-z]{1,3}@[a-z]{1,3}"];
    let host = prop_oneof!["[a-z]{1,5}", Just("[::1]".to_owned())];
    let tail = prop_oneof!["", ":[0-9]{1,5}", "/[a-z/]{0,5}", "\\?[a-z=&]{0,5}"];
    (scheme, user, password(others), host, tail).prop_map(|(scheme, user, password, host, tail)| {
        format!("{scheme}://{user}:{password}@{host}{tail}")
    })
}

/// Generates names, hostile ones included, trimmed as by the parser.
fn name() -> impl Strategy<Value = String> {
    "[^\\p{C}:]{1,40}"
        .prop_map(|name| name.trim().to_owned())
        .prop_filter("empty", |name| !name.is_empty())
}

proptest! {
    #[test]
    fn no_password_survives_in_any_text(before in "[a-z ,(\"']{0,5}", url in url("[!-~äß]"), after in "[ )\"a-z]{0,5}") {
        let redacted = redact(&format!("{before}{url}{after}"));
        prop_assert!(!redacted.contains(SECRET), "{}", redacted);
    }

    #[test]
    fn redaction_is_idempotent_and_changes_no_other_text(text in "(https?://|[a-z]{0,3}|[:@/ ,?\\[\\]]){0,12}") {
        let redacted = redact(&text);
        prop_assert_eq!(redact(&redacted), redacted.as_str());
        if !text.contains('@') {
            prop_assert_eq!(redacted, text);
        }
    }

    #[test]
    fn no_password_survives_a_list_of_urls(url in url("[ -~\\t\\n]"), other in "(https://a\\.example)?") {
        let list = format!("{other},{url}");
        let shown = format!("{:?}", TargetSet::parse_urls(&list, &Defaults::default()));
        prop_assert!(!shown.contains(SECRET), "{}", shown);
    }

    #[test]
    fn no_password_survives_a_file(url in url("[ -~\\t\\n]"), key in prop::sample::select(vec!["url", "name", "group"])) {
        let text = match key {
            "url" => format!("[[target]]\nurl = {url:?}"),
            key => format!("[[target]]\nurl = \"https://a.example\"\n{key} = {url:?}"),
        };
        let shown = format!("{:?}", TargetSet::parse_toml(&text, &Defaults::default()));
        prop_assert!(!shown.contains(SECRET), "{}", shown);
    }

    #[test]
    fn no_password_survives_the_reason_of_a_maintenance(url in url("[!-~äß]")) {
        let text = format!(
            "[[target]]\nurl = \"https://a.example\"\n[[target.maintenance]]\nstart = 2026-12-01T02:00:00Z\nend = 2026-12-01T04:00:00Z\nreason = {:?}",
            format!("see {url} for more")
        );
        let shown = format!("{:?}", TargetSet::parse_toml(&text, &Defaults::default()));
        prop_assert!(!shown.contains(SECRET), "{}", shown);
    }

    #[test]
    fn a_correctly_escaped_password_is_accepted_and_unchanged(password in "[a-zA-Z0-9%._~!$&'()*+;=-]{1,12}") {
        let password = password.replace('%', "%40");
        let text = format!("https://bob:{password}@a.example:8443/x?y");
        let set = TargetSet::parse_urls(&text, &Defaults::default()).unwrap();
        let target = set.get("https://bob:xxxxx@a.example:8443/x?y").unwrap();
        prop_assert_eq!(&target.url, &url::Url::parse(&text).unwrap());
    }

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>(), toml_like in "([a-z_.\\[\\]{}=\",0-9 \n]|target|url|\\[\\[target\\]\\]\n|https://){0,30}") {
        for text in [text, toml_like] {
            let _ = redact(&text);
            let _ = TargetSet::parse_urls(&text, &Defaults::default());
            let _ = TargetSet::parse_toml(&text, &Defaults::default());
            let _ = TargetSet::parse_toml(&format!("[[target]]\nurl = {text:?}"), &Defaults::default());
        }
    }

    #[test]
    fn parsed_targets_equal_the_written_ones(
        entries in prop::collection::vec((name(), 1u32..=86_400, 1u32..=999, "[a-z]{1,9}"), 1..20),
    ) {
        let text: String = entries.iter().enumerate().map(|(n, (name, interval, objective, body))| {
            let name = toml::Value::from(name.as_str());
            format!(
                "[[target]]\nname = {name}\nurl = \"http://h{n}\"\ninterval_seconds = {interval}\n\
                 slo_objective = {}\nexpect.body_contains = \"{body}\"\n",
                f64::from(*objective) / 1000.0,
            )
        }).collect();
        let names: Vec<&str> = entries.iter().map(|(name, ..)| name.as_str()).collect();
        let distinct: HashSet<&str> = names.iter().copied().collect();

        let parsed = TargetSet::parse_toml(&text, &Defaults::default());
        prop_assert_eq!(parsed.is_ok(), distinct.len() == names.len());
        let Ok(set) = parsed else { return Ok(()) };
        prop_assert_eq!(set.iter().map(|target| &*target.name).collect::<Vec<_>>(), names);
        for (n, (name, interval, objective, body)) in entries.iter().enumerate() {
            let target = set.get(name).unwrap();
            prop_assert_eq!(target.redacted_url(), format!("http://h{n}"));
            prop_assert_eq!(target.interval.as_secs(), u64::from(*interval));
            prop_assert!(target.timeout < target.interval);
            prop_assert_eq!(target.slo_objective, f64::from(*objective) / 1000.0);
            prop_assert_eq!(target.expect.body_contains.as_deref(), Some(body.as_str()));
        }
    }

    #[test]
    fn merged_sources_keep_every_target_once_and_in_order(file in prop::collection::vec("[a-e]", 1..4), urls in prop::collection::vec("[a-e]", 1..4)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("targets.toml");
        let tables: String = file.iter().map(|host| format!("[[target]]\nurl = \"http://{host}\"\n")).collect();
        std::fs::write(&path, tables).unwrap();
        let all: Vec<String> = file.iter().chain(&urls).map(|host| format!("http://{host}")).collect();
        let distinct: HashSet<&String> = all.iter().collect();

        let list = urls.iter().map(|host| format!("http://{host}")).collect::<Vec<_>>().join(", ");
        let loaded = TargetSource::new(Some(list), Some(path), Defaults::default()).load();
        prop_assert_eq!(loaded.is_ok(), distinct.len() == all.len());
        if let Ok(set) = loaded {
            prop_assert_eq!(set.iter().map(|target| target.name.to_string()).collect::<Vec<_>>(), all);
        }
    }
}
