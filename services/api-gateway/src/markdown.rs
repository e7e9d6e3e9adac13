//! Markdown to HTML, for files that people write: runbooks and announcements.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// Renders Markdown with tables as HTML that is safe to show: raw HTML is dropped, images become their text, and so do
/// links that [`destination`] does not accept. Headings get the ids that they have on GitHub.
#[must_use]
pub fn to_html(markdown: &str) -> String {
    render(markdown, true)
}

/// Works like [`to_html`], but headings get no ids: on a page with other content, they could be the ids of other elements.
#[must_use]
pub fn to_html_without_ids(markdown: &str) -> String {
    render(markdown, false)
}

fn render(markdown: &str, has_ids: bool) -> String {
    let mut events = Vec::new();
    let mut dropped_link = false;
    // The position of the open heading, and its text so far.
    let mut heading: Option<(usize, String)> = None;
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Html(_)
            | Event::InlineHtml(_)
            | Event::Start(Tag::Image { .. })
            | Event::End(TagEnd::Image) => continue,
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                let Some(dest_url) = destination(&dest_url) else {
                    dropped_link = true;
                    continue;
                };
                events.push(Event::Start(Tag::Link {
                    link_type,
                    dest_url: dest_url.into(),
                    title,
                    id,
                }));
                continue;
            }
            Event::End(TagEnd::Link) if dropped_link => {
                dropped_link = false;
                continue;
            }
            Event::Start(Tag::Heading { .. }) if has_ids => {
                heading = Some((events.len(), String::new()))
            }
            Event::Text(ref text) | Event::Code(ref text) => {
                if let Some((_, heading)) = &mut heading {
                    heading.push_str(text);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some((position, text)) = heading.take()
                    && let Some(Event::Start(Tag::Heading { id, .. })) = events.get_mut(position)
                {
                    *id = Some(CowStr::from(slug(&text)));
                }
            }
            _ => {}
        }
        events.push(event);
    }
    let mut text = String::new();
    html::push_html(&mut text, events.into_iter());
    text
}

/// Returns the address of a link on a page of the gateway. The file of a runbook (`TargetDown.md`) becomes its page.
/// Other relative links have no page here, and schemes such as `javascript` are dangerous: `None`.
fn destination(url: &str) -> Option<String> {
    let lower = url.to_ascii_lowercase();
    let is_absolute = ["http://", "https://", "mailto:", "#"]
        .iter()
        .any(|start| lower.starts_with(start));
    if is_absolute {
        return Some(url.to_owned());
    }
    let (path, fragment) = url.split_once('#').unwrap_or((url, ""));
    let name = path.strip_suffix(".md").filter(|name| is_name(name))?;
    let hash = if fragment.is_empty() { "" } else { "#" };
    Some(format!("/runbooks/{name}{hash}{fragment}"))
}

/// Returns whether this is the name of a runbook: letters, digits and dashes.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=100).contains(&text.len()) && text.bytes().all(allowed)
}

fn slug(heading: &str) -> String {
    let heading = heading.trim().to_lowercase();
    heading
        .chars()
        .filter_map(|char| match char {
            ' ' => Some('-'),
            '-' | '_' => Some(char),
            char => char.is_alphanumeric().then_some(char),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headings_tables_and_code_are_rendered() {
        let html = to_html(
            "# Look at `this` first\n\n| a | b |\n|---|---|\n| 1 | `<2>` |\n\n```sh\na < b\n```\n",
        );
        for part in [
            "<h1 id=\"look-at-this-first\">Look at <code>this</code> first</h1>",
            "<td><code>&lt;2&gt;</code></td>",
            "a &lt; b",
        ] {
            assert!(html.contains(part), "{html}");
        }
        assert_eq!(to_html_without_ids("# A"), "<h1>A</h1>\n");
    }

    #[test]
    fn raw_html_is_dropped() {
        let html = to_html(
            "a <b onclick=\"x()\">b</b>\n\n<script>\nalert(1)\n</script>\n\n![text](http://x/y.png)",
        );
        assert_eq!(html, "<p>a b</p>\n<p>text</p>\n");
    }

    #[test]
    fn links_between_runbooks_lead_to_their_pages() {
        for (link, expected) in [
            ("TargetDown.md", "<a href=\"/runbooks/TargetDown\">x</a>"),
            (
                "TargetDown.md#now",
                "<a href=\"/runbooks/TargetDown#now\">x</a>",
            ),
            ("#now", "<a href=\"#now\">x</a>"),
            (
                "https://example.org/a",
                "<a href=\"https://example.org/a\">x</a>",
            ),
            ("../operations.md#sizing", "x"),
            ("a/TargetDown.md", "x"),
            ("/etc/passwd", "x"),
            ("//evil.example/", "x"),
            ("javascript:alert(1)", "x"),
            ("JavaScript:alert(1)", "x"),
            ("data:text/html,x", "x"),
        ] {
            let html = to_html(&format!("[x]({link}) [y](https://example.org/)"));
            let expected = format!("<p>{expected} <a href=\"https://example.org/\">y</a></p>\n");
            assert_eq!(html, expected, "{link}");
        }
    }

    proptest! {
        #[test]
        fn nothing_executable_is_rendered(text in "[<>a-z\"'()\\[\\]!:/# \n`|-]{0,200}") {
            let html = to_html(&text).to_lowercase();
            prop_assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
            prop_assert!(!html.contains("href=\"javascript"), "{html}");
        }
    }
}
