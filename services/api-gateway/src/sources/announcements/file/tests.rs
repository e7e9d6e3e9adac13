use proptest::prelude::*;

use super::*;

const VALID: &str = "+++
from = 2026-11-28T09:00:00+01:00
until = \"2026-11-28T12:00:00Z\"
severity = \"warning\"
targets = [\"shop\", \"blog\"]
+++

# The *shop* is `slow`

We know, back by **noon**. See [the plan](https://example.com/plan).
";

#[test]
fn a_file_has_front_matter_a_title_and_a_text() {
    for text in [
        VALID.to_owned(),
        VALID.replace('\n', "\r\n"),
        format!("\u{feff}{VALID}"),
    ] {
        let content = parse(&text).unwrap();
        assert_eq!(&*content.title, "The shop is slow");
        assert_eq!(content.severity, AnnouncementSeverity::Warning);
        assert_eq!(content.from.to_string(), "2026-11-28T08:00:00Z");
        assert_eq!(content.until.unwrap().to_string(), "2026-11-28T12:00:00Z");
        let targets: Vec<_> = content.targets.iter().map(|name| &**name).collect();
        assert_eq!(targets, ["shop", "blog"]);
        let link = r#"<a href="https://example.com/plan">the plan</a>"#;
        let html = format!("<p>We know, back by <strong>noon</strong>. See {link}.</p>");
        assert_eq!(content.html.trim(), html);
    }
}

#[test]
fn the_end_and_the_targets_are_optional() {
    let content = parse("+++\nfrom = 2026-11-28T09:00:00Z\nseverity = 'info'\n+++\n# A").unwrap();
    assert_eq!(content.until, None);
    assert!(content.targets.is_empty());
    assert_eq!(content.html.trim(), "");
}

#[test]
fn the_first_heading_is_the_title_wherever_it_is() {
    let front_matter = "+++\nfrom = 2026-11-28T09:00:00Z\nseverity = 'info'\n+++\n";
    let text = format!("{front_matter}before\n\nTitle\n=====\n\n## Details\n\nafter");
    let content = parse(&text).unwrap();
    assert_eq!(&*content.title, "Title");
    let html = content.html.replace('\n', "");
    assert_eq!(html, "<p>before</p><h2>Details</h2><p>after</p>");
}

#[test]
fn an_error_names_the_key_its_value_and_the_allowed_values() {
    let long = "x".repeat(201);
    let names = vec!["'a'"; PAGE_MAX + 1].join(", ");
    for (before, after, parts) in [
        ("+++\nfrom", "from", ["no front matter", "two lines +++"]),
        ("\n+++\n", "\n", ["no front matter", "two lines +++"]),
        ("severity =", "severity", ["line 4", "until, severity"]),
        ("until", "to", ["\"to\": unknown key", "from, until"]),
        ("from =", "#", ["from: missing", "2026-11-28T12:00:00Z"]),
        ("severity", "#", ["severity: missing", "info, warning"]),
        (
            "09:00:00+01:00",
            "09:00:00",
            ["from = 2026-11-28T09:00:00: not a time", "with an offset"],
        ),
        (
            "\"2026-11-28T12:00:00Z\"",
            "12",
            ["until = 12: not a time", "with an offset"],
        ),
        (
            "28T12:00:00Z",
            "28T08:00:00Z",
            [
                "until = \"2026-11-28T08:00:00Z\": not after from",
                "a time after from",
            ],
        ),
        (
            "\"warning\"",
            "\"urgent\"",
            ["severity = \"urgent\"", "info, warning, critical"],
        ),
        ("\"shop\"", "1", ["targets = [1, \"blog\"]", "a list of 1"]),
        ("\"shop\"", "' '", ["targets = [\" \",", "a list of 1"]),
        ("\"shop\", \"blog\"", "", ["targets = []", "a list of 1"]),
        ("\"shop\"", &names, ["targets = [\"a\", ", "a list of 1"]),
        ("# The", "The", ["no title", "a heading"]),
        (
            "The *shop* is `slow`",
            "",
            ["title = \"\"", "1 to 200 characters"],
        ),
        ("The", &long, ["title = \"xxx", "1 to 200 characters"]),
    ] {
        assert!(VALID.contains(before), "{before}");
        let error = parse(&VALID.replacen(before, after, 1)).expect_err(before);
        let error = error.to_string();
        for part in parts {
            assert!(error.contains(part), "{error:?} has no {part:?}");
        }
        assert!(error.chars().count() < 400, "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
    let long = format!("{VALID}{}", "&".repeat(30_000));
    let error = parse(&long).unwrap_err().to_string();
    assert!(error.contains("at most 131072"), "{error}");
}

fn is_name(name: &String) -> bool {
    !name.is_empty() && name.trim() == name
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_rejected(text in any::<String>(), end in any::<prop::sample::Index>()) {
        let _ = parse(&text);
        let _ = parse(&format!("+++\n{text}\n+++\n# a"));
        let _ = parse(&format!("{VALID}{text}"));
        let _ = parse(&VALID[..end.index(VALID.len())]);
    }

    #[test]
    fn a_written_announcement_is_read_as_it_was(
        from in 0..100_000_000_000_i64,
        seconds in proptest::option::of(1..1_000_000_i64),
        (severity, expected) in prop::sample::select(&AnnouncementSeverity::ALL[..]),
        targets in prop::collection::vec("\\PC{1,20}".prop_filter("a name", is_name), 0..4),
        title in "[a-zA-Z0-9]([a-zA-Z0-9 ]{0,100}[a-zA-Z0-9])?",
        word in "[a-z]{1,20}",
    ) {
        let time = |second| Timestamp::from_second(second).unwrap();
        let until = seconds.map(|seconds| time(from + seconds));
        let mut text = format!("+++\nseverity = '{severity}'\nfrom = {}\n", time(from));
        if let Some(until) = until {
            text.push_str(&format!("until = {until}\n"));
        }
        if !targets.is_empty() {
            text.push_str(&format!("targets = {}\n", Value::from(targets.clone())));
        }
        text.push_str(&format!("+++\n# {title}\n\n{word}\n"));
        let content = parse(&text).unwrap();
        prop_assert_eq!(content.from, time(from));
        prop_assert_eq!(content.until, until);
        prop_assert_eq!(content.severity, expected);
        let read: Vec<_> = content.targets.iter().map(|name| &**name).collect();
        prop_assert_eq!(read, targets);
        prop_assert_eq!(&*content.title, title);
        prop_assert_eq!(content.html.trim(), format!("<p>{word}</p>"));
    }
}
