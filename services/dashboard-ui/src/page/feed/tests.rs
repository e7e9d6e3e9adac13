use gateway_api::incidents::IncidentEnd;
use proptest::prelude::*;
use roxmltree::{Document, Node};

use super::*;
use crate::gateway::fixture;

const ATOM: &str = "http://www.w3.org/2005/Atom";

fn incident(id: &str, text: &str, ended: bool) -> Incident {
    let status = if ended {
        IncidentStatus::Resolved
    } else {
        IncidentStatus::Firing
    };
    let all = Some(text.to_owned());
    Incident {
        alert: text.to_owned(),
        severity: all.clone(),
        summary: all.clone(),
        description: all,
        ..fixture::incident(id, text, status)
    }
}

fn feed(incidents: &[Incident]) -> String {
    let started = "2026-11-01T00:00:00Z".parse().unwrap();
    Feed::new("status.example", incidents, started)
        .render()
        .unwrap()
}

fn children<'a>(node: Node<'a, 'a>, name: &'static str) -> Vec<Node<'a, 'a>> {
    node.children()
        .filter(|it| it.has_tag_name((ATOM, name)))
        .collect()
}

/// Asserts that a feed and its entries have the elements that RFC 4287 requires. Returns their ids.
fn assert_valid(xml: &str) -> Vec<String> {
    let document = Document::parse(xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
    let feed = document.root_element();
    assert!(feed.has_tag_name((ATOM, "feed")));
    let mut ids = Vec::new();
    let one = |node: Node<'_, '_>, name: &'static str| {
        let all: Vec<_> = node
            .children()
            .filter(|it| it.has_tag_name((ATOM, name)))
            .collect();
        assert_eq!(all.len(), 1, "{name}");
        all[0].text().unwrap_or_default().to_owned()
    };
    assert_eq!(children(feed, "author").len(), 1);
    for node in std::iter::once(feed).chain(children(feed, "entry")) {
        one(node, "title");
        let id = one(node, "id");
        assert!(id.starts_with("urn:uuid:") && id.len() == 45, "{id}");
        ids.push(id);
        one(node, "updated").parse::<Timestamp>().unwrap();
        assert!(
            children(node, "link")
                .iter()
                .any(|it| it.attribute("rel") == Some("alternate"))
        );
    }
    ids
}

#[test]
fn the_feed_is_valid_and_its_ids_stay() {
    let firing = feed(&[incident("a", "TargetDown", false), incident("b", "x", true)]);
    let ids = assert_valid(&firing);
    assert!(
        firing.contains("<updated>2026-11-23T02:50:00Z</updated>"),
        "{firing}"
    );
    let resolved = feed(&[incident("a", "TargetDown", true)]);
    assert_eq!(
        assert_valid(&resolved),
        ids[..2],
        "an incident keeps the id of its entry"
    );
    assert!(
        resolved.contains("TargetDown: TargetDown (resolved)"),
        "{resolved}"
    );
    insta::assert_snapshot!(firing);
}

#[test]
fn an_undelivered_or_unconfirmed_end_is_marked() {
    for (end, title) in [
        (
            IncidentEnd::NotDelivered,
            "TargetDown: TargetDown (ended, end not delivered)",
        ),
        (
            IncidentEnd::Unconfirmed,
            "TargetDown: TargetDown (end not confirmed)",
        ),
    ] {
        let mut incident = incident("a", "TargetDown", true);
        incident.end = Some(end);
        let xml = feed(&[incident]);
        assert_valid(&xml);
        assert!(
            xml.contains(title) && xml.contains("It took at least"),
            "{xml}"
        );
    }
}

#[test]
fn an_empty_feed_is_valid() {
    let empty = feed(&[]);
    assert_valid(&empty);
    assert!(
        empty.contains("<updated>2026-11-01T00:00:00Z</updated>"),
        "{empty}"
    );
}

proptest! {
    #[test]
    fn any_text_gives_a_valid_feed(id in any::<String>(), text in any::<String>()) {
        assert_valid(&feed(&[incident(&id, &text, false)]));
    }
}
