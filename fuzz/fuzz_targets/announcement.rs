//! Any text in place of an announcement is parsed or rejected, never causes a panic, and never becomes a script.
#![no_main]

use api_gateway::sources::announcements::parse;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(content) = parse(text) else { return };
    assert!(!content.title.is_empty());
    assert!(content.until.is_none_or(|until| until > content.from));
    let html = content.html.to_lowercase();
    for forbidden in ["<script", "<img", "<iframe", "<a href=\"javascript:", "<a href=\"data:"] {
        assert!(!html.contains(forbidden), "{html}");
    }
});
