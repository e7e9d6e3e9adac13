//! Parsing of valid configurations.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is a test's message"
)]

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use targets::{
    Defaults, LATENCY_BUCKETS, Redirects, StatusExpectation, Target, TargetKind, TargetSet,
    TargetSource,
};

const EVERY_KEY: &str = include_str!("fixtures/valid-every-key.toml");

fn names(set: &TargetSet) -> Vec<&str> {
    set.iter().map(|target| &*target.name).collect()
}

#[test]
fn every_key_is_parsed() {
    let set = TargetSet::parse_toml(EVERY_KEY, &Defaults::default()).unwrap();
    assert_eq!(
        names(&set),
        ["<b>shop</b> & \"co\"", "http://alice:xxxxx@example.com"]
    );

    let shop: &Target = set.get("<b>shop</b> & \"co\"").unwrap();
    assert_eq!(shop.kind, TargetKind::Https);
    assert_eq!(shop.redacted_url(), "HTTPS://bob:xxxxx@example.com/cart");
    assert_eq!(shop.url.password(), Some("s3cr3t"), "the probe needs it");
    assert_eq!(
        (shop.interval, shop.timeout),
        (Duration::from_millis(500), Duration::from_millis(250))
    );
    assert_eq!(shop.slo_objective, 0.995);
    assert_eq!(shop.latency_objective, Some(1.0));
    assert_eq!(shop.redirects, Redirects::SameOrigin);
    assert_eq!(shop.group.as_deref(), Some("Payments"));
    assert_eq!(shop.expect.body_contains.as_deref(), Some("ok"));
    assert_eq!(
        shop.expect.status,
        StatusExpectation::AnyOf(vec![204..=204, 200..=299, 300..=308])
    );
    for (code, accepted) in [
        (199, false),
        (200, true),
        (299, true),
        (308, true),
        (309, false),
        (404, false),
    ] {
        assert_eq!(shop.expect.accepts_status(code), accepted, "{code}");
    }

    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let range = at("2026-12-01T00:00Z")..at("2026-12-08T00:00Z");
    let windows: Vec<_> = shop
        .maintenance
        .occurrences(range)
        .map(|occurrence| (occurrence.start, occurrence.end, occurrence.reason))
        .collect();
    let reason = "Database upgrade, see https://bob:xxxxx@wiki.example/upgrade";
    assert_eq!(
        windows,
        [
            ("2026-12-01T01:00Z", "2026-12-01T03:00Z", Some(reason)),
            ("2026-12-01T04:30:00.5Z", "2026-12-01T05:30Z", None),
            ("2026-12-05T01:00Z", "2026-12-05T04:00Z", None),
            ("2026-12-06T04:30:00.5Z", "2026-12-06T05:30Z", None),
        ]
        .map(|(start, end, reason)| (at(start), at(end), reason.map(Arc::from)))
    );
}

#[test]
fn every_latency_bucket_can_be_an_objective() {
    for bound in LATENCY_BUCKETS {
        let text = format!(
            "[[target]]\nurl = \"http://a\"\nlatency_objective_seconds = {bound}\n[[target]]\nurl = \"http://b\"\nlatency_objective_seconds = {bound:?}"
        );
        let set = TargetSet::parse_toml(&text, &Defaults::default()).unwrap();
        assert!(
            set.iter()
                .all(|target| target.latency_objective == Some(bound))
        );
    }
}

#[test]
fn missing_keys_have_the_documented_defaults() {
    let set = TargetSet::parse_toml(EVERY_KEY, &Defaults::default()).unwrap();
    let target = set.iter().nth(1).unwrap();
    assert_eq!(target.name.as_ref(), target.redacted_url());
    assert_eq!(
        (target.interval, target.timeout),
        (Duration::from_secs(15), Duration::from_secs(10))
    );
    assert_eq!(target.slo_objective, 0.999);
    assert_eq!((target.latency_objective, &target.group), (None, &None));
    assert_eq!(target.redirects, Redirects::Public);
    assert!(target.maintenance.is_empty());
    assert!(target.expect.accepts_status(399) && !target.expect.accepts_status(400));
}

#[test]
fn the_default_timeout_is_two_thirds_of_a_short_interval() {
    let text = "[[target]]\nurl = \"https://a.example\"\ninterval_seconds = 6\n";
    let timeout = |defaults: &Defaults| {
        TargetSet::parse_toml(text, defaults)
            .unwrap()
            .iter()
            .next()
            .unwrap()
            .timeout
    };
    assert_eq!(timeout(&Defaults::default()), Duration::from_secs(4));
    assert_eq!(
        timeout(&Defaults::from_seconds(60.0, Some(5.0)).unwrap()),
        Duration::from_secs(5)
    );
}

#[test]
fn a_service_that_lists_targets_accepts_every_timeout_that_some_agent_accepts() {
    let text = "[[target]]\nurl = \"https://a.example\"\ntimeout_seconds = 50\n";
    assert!(TargetSet::parse_toml(text, &Defaults::default()).is_err());
    assert!(TargetSet::parse_toml(text, &Defaults::from_seconds(60.0, None).unwrap()).is_ok());
    assert!(TargetSet::parse_toml(text, &Defaults::for_listing()).is_ok());
}

#[test]
fn urls_keep_their_text_and_order() {
    let list = "https://b.example,\n  http://A.example/x?y#z , ,https://bob:s3cr3t@c.example:8443,";
    let set = TargetSet::parse_urls(list, &Defaults::default()).unwrap();
    assert_eq!(
        names(&set),
        [
            "https://b.example",
            "http://A.example/x?y#z",
            "https://bob:xxxxx@c.example:8443"
        ]
    );
}

#[test]
fn two_sources_are_merged_with_the_file_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("targets.toml");
    fs::write(
        &path,
        "[[target]]\nname = \"z\"\nurl = \"https://a.example\"",
    )
    .unwrap();
    let urls = Some("https://b.example,https://a.example".to_owned());
    let set = TargetSource::new(urls, Some(path), Defaults::default())
        .load()
        .unwrap();
    assert_eq!(names(&set), ["z", "https://b.example", "https://a.example"]);
    assert_eq!(set.get("https://a.example"), set.iter().nth(2));
    assert_eq!(set.get("a"), None);
}

#[test]
fn debug_output_has_no_password() {
    let set = TargetSet::parse_toml(EVERY_KEY, &Defaults::default()).unwrap();
    assert!(!format!("{set:?}").contains("s3cr3t"));
}

#[test]
fn targets_with_different_passwords_differ() {
    let parse = |text: &str| TargetSet::parse_urls(text, &Defaults::default()).unwrap();
    assert_ne!(
        parse("https://bob:old@a.example"),
        parse("https://bob:new@a.example")
    );
    assert_eq!(
        parse("https://bob:old@a.example"),
        parse("https://bob:old@a.example")
    );
}

#[test]
fn targets_with_different_configurations_differ() {
    let parse = |more: &str| {
        let text = format!("[[target]]\nurl = \"http://a\"\n{more}");
        TargetSet::parse_toml(&text, &Defaults::default()).unwrap()
    };
    let window = |end: &str, zone: &str| {
        parse(&format!(
            "maintenance = [{{ start = 02:00:00, end = {end}, time_zone = \"{zone}\" }}]"
        ))
    };
    let sets = [
        parse(""),
        parse("group = \"a\""),
        parse("latency_objective_seconds = 1"),
        parse("redirects = 'any'"),
        window("04:00:00", "Europe/Berlin"),
        window("05:00:00", "Europe/Berlin"),
        window("04:00:00", "Europe/London"),
    ];
    for (index, set) in sets.iter().enumerate() {
        assert_eq!(sets.iter().position(|other| other == set), Some(index));
    }
    assert_eq!(window("04:00:00", "Europe/Berlin"), sets[4]);
}

#[test]
fn ten_thousand_targets_take_well_under_a_second() {
    let text: String = (0..10_000)
        .map(|n| format!("[[target]]\nname = \"t{n}\"\nurl = \"https://bob:pw@h{n}.example/\"\nexpect.status = [\"2xx\"]\n"))
        .collect();
    let started = Instant::now();
    let set = TargetSet::parse_toml(&text, &Defaults::default()).unwrap();
    let took = started.elapsed();
    assert_eq!((set.len(), set.get("t9999").is_some()), (10_000, true));
    // Many times the usual duration. A quadratic check takes longer.
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn the_labs_own_targets_are_valid() {
    let text = include_str!("../../../monitoring/targets.toml");
    let set = TargetSet::parse_toml(text, &Defaults::default()).unwrap();
    assert!(
        set.iter().all(|target| target.url.password().is_none()),
        "everybody can read the file"
    );
    assert_eq!(
        names(&set),
        [
            "demo",
            "ping-agent",
            "api-gateway",
            "alert-logger",
            "dashboard-ui"
        ]
    );
    assert!(
        set.iter()
            .all(|target| target.interval == Duration::from_secs(15))
    );
}
