//! Markdown as HTML, for texts that people write into files of the lab.

use gateway_api::is_web_link;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Renders Markdown as HTML that a page may contain. Raw HTML is dropped. A link that is neither http, https nor relative,
/// and an image, is replaced by its text.
#[must_use]
pub fn to_html(markdown: &str) -> String {
    let mut in_dropped_link = false;
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).filter(|event| match event {
        Event::Html(_) | Event::InlineHtml(_) => false,
        Event::Start(Tag::HtmlBlock | Tag::Image { .. }) => false,
        Event::End(TagEnd::HtmlBlock | TagEnd::Image) => false,
        Event::Start(Tag::Link { dest_url, .. }) => {
            in_dropped_link = !is_allowed(dest_url);
            !in_dropped_link
        }
        Event::End(TagEnd::Link) => !in_dropped_link,
        _ => true,
    });
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events);
    html
}

/// Returns whether a page may link to this destination.
fn is_allowed(destination: &str) -> bool {
    let path = destination.find(['/', '?', '#']);
    let is_relative = destination
        .find(':')
        .is_none_or(|colon| path.is_some_and(|path| path < colon));
    is_relative || is_web_link(destination)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_html() {
        let html =
            to_html("## Plan\n\n*Back* by `noon` & <b>bold</b>\n\n- one\n- two\n\n|a|\n|-|\n|1|");
        for part in [
            "<h2>Plan</h2>",
            "<em>Back</em> by <code>noon</code> &amp; bold",
            "<li>one</li>",
            "<td>1</td>",
        ] {
            assert!(html.contains(part), "{html:?} has no {part:?}");
        }
    }

    #[test]
    fn raw_html_is_dropped() {
        for markdown in [
            "<script>alert(1)</script>\n\nafter",
            "<img src=x onerror=alert(1)>\n\nafter",
            "<!-- a -->\n\nafter",
            "after<img src=x onerror=alert(1)>",
        ] {
            assert_eq!(to_html(markdown).trim(), "<p>after</p>", "{markdown}");
        }
    }

    #[test]
    fn only_web_links_and_relative_links_stay() {
        for (destination, stays) in [
            ("https://example.com/a:b", true),
            ("HTTP://example.com", true),
            ("/runbooks/TargetDown", true),
            ("TargetDown.md#fix", true),
            ("?a=b:c", true),
            ("javascript:alert(1)", false),
            ("JavaScript&colon;alert(1)", false),
            ("data:text/html,x", false),
            ("mailto:a@example.com", false),
        ] {
            let html = to_html(&format!("[text]({destination})"));
            assert_eq!(html.contains("<a href="), stays, "{destination}: {html}");
            assert!(html.contains("text"), "{html}");
        }
        assert_eq!(to_html("![chart](https://a/b.png)").trim(), "<p>chart</p>");
    }
}
