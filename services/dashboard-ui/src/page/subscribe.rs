//! `GET /subscribe`: the feed, the JSON and the badges, each with what it is for.

use std::fmt::Write;

use askama::Template;
use jiff::Timestamp;

use super::address::page_of;
use super::verdict::judge;
use super::{PageKind, Shell};
use crate::gateway::view::View;
use crate::text::time::Moment;
use crate::text::{name, segment};

/// `templates/badges.html`: a target's badges, with the text that embeds each of them.
#[derive(Debug)]
pub(crate) struct Badges {
    /// The address of this server, with which the texts begin.
    pub origin: String,
    pub all: Vec<Embedded>,
}

/// A badge and the texts that embed it.
#[derive(Debug)]
pub(crate) struct Embedded {
    pub kind: &'static str,
    pub path: String,
    pub markdown: String,
    pub html: String,
}

impl Badges {
    pub(crate) fn new(origin: &str, target: &str) -> Self {
        let page = format!("{origin}{}", page_of(target));
        let badge = |kind| {
            let path = format!("/badges/{}/{kind}.svg", segment(target));
            let alt = format!("{}: {kind}", name(target));
            let image = format!("{origin}{path}");
            Embedded {
                kind,
                markdown: format!("[![{}]({image})]({page})", markdown(&alt)),
                html: format!(
                    "<a href=\"{0}\"><img src=\"{1}\" alt=\"{2}\"></a>",
                    html(&page),
                    html(&image),
                    html(&alt)
                ),
                path,
            }
        };
        Self {
            origin: origin.to_owned(),
            all: ["state", "availability", "latency"].map(badge).into(),
        }
    }
}

/// Escapes a text in Markdown.
fn markdown(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        if character.is_ascii_punctuation() && !matches!(character, '-' | ':' | '.' | '/') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Escapes a text as the value of an HTML attribute.
fn html(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        if matches!(character, '&' | '<' | '>' | '"' | '\'') {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "&#{};", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// `templates/subscribe.html`.
#[derive(Debug, Template)]
#[template(path = "subscribe.html")]
pub(crate) struct SubscribePage {
    shell: Shell,
    origin: String,
    /// The badges of the first target.
    badges: Option<Badges>,
}

impl SubscribePage {
    pub(crate) fn new(view: &View, origin: &str, events: &str, now: Timestamp) -> Self {
        let verdict = judge(view, now);
        let made = Moment::new(now, now);
        let mut shell = Shell::new(PageKind::Subscribe, "Subscribe".to_owned(), &verdict, made);
        shell.events = format!("/events?since={events}");
        let mut targets = view.snapshot.iter().flat_map(|it| &it.status.targets);
        Self {
            shell,
            badges: targets.next().map(|it| Badges::new(origin, &it.target)),
            origin: origin.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_texts_embed_a_badge_that_leads_to_the_target() {
        let badges = Badges::new("http://lab:8081", "a b");
        let state = &badges.all[0];
        assert_eq!(
            state.markdown,
            "[![a b: state](http://lab:8081/badges/a%20b/state.svg)](http://lab:8081/targets/a%20b)"
        );
        assert_eq!(
            state.html,
            "<a href=\"http://lab:8081/targets/a%20b\"><img \
             src=\"http://lab:8081/badges/a%20b/state.svg\" alt=\"a b: state\"></a>"
        );
    }

    proptest! {
        /// No name breaks out of its attribute or of the text of its link.
        #[test]
        fn any_name_is_embedded(target in any::<String>()) {
            for badge in Badges::new("http://lab", &target).all {
                let xml = badge.html.replace("\"></a>", "\"/></a>");
                let document = roxmltree::Document::parse(&xml);
                prop_assert!(document.is_ok(), "{xml}");
                prop_assert_eq!(document.unwrap().descendants().filter(|it| it.is_element()).count(), 2);
                prop_assert!(!badge.markdown.contains('\n'));
            }
        }
    }
}
