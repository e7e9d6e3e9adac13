//! Names and labels are untrusted input.

use super::*;

#[test]
fn hostile_names_and_labels_are_escaped() {
    let evil = "<script>alert(1)</script>\"'&{{ 7 }}\u{202e}txet\0\u{1b}";
    let mut targets = [
        target(evil, State::Up),
        target(&"n".repeat(10_000), State::Up),
        target("m", State::Maintenance),
    ];
    targets[0].url = "javascript:alert(1)\"><img src=x>".to_owned();
    targets[0].group = Some(evil.into());
    targets[2].maintenance.as_mut().unwrap().reason = Some(evil.into());
    let mut status = status(&targets);
    status.summary.sources[1] = fixture::source("</ul><b>", Some("<i>\u{202e}"));
    let mut bad = fixture::incident("\"><script>", evil, IncidentStatus::Firing);
    bad.runbook_url = Some("javascript:alert(1)".to_owned());
    bad.summary = Some(evil.to_owned());
    bad.severity = Some(evil.to_owned());
    let announcements = Announcements::new(
        Ok(fixture::alerts(vec![bad])),
        Ok(gateway_api::maintenance::Maintenance::default()),
        time(NOW),
    );
    let mut pages = vec![html_of(
        &view(status),
        &charts(&[evil]),
        &announcements,
        &Filter::parse(Some("search=%22%3E%3Cscript%3E")),
    )];
    pages.extend(
        targets
            .iter()
            .map(|it| target_page(it, Some(&fixture::detail(it)))),
    );
    for page in pages {
        for markup in [
            "<script>",
            "<img src=x",
            "<b>\u{202e}",
            "</ul><b>",
            "<i>",
            "href=\"javascript",
        ] {
            assert!(!page.contains(markup), "{markup}: {page}");
        }
        let shown: Vec<&str> = page
            .split("<bdi")
            .skip(1)
            .filter_map(|it| it.split_once("</bdi>"))
            .map(|it| it.0)
            .collect();
        assert!(
            shown
                .iter()
                .all(|it| !it.contains(['\u{202e}', '\0', '\u{1b}'])),
            "{shown:?}"
        );
        assert!(
            shown
                .iter()
                .all(|it| it.len() < 2_000 || page.contains("Full name"))
        );
    }
}

#[test]
fn pages_load_resources_only_from_their_own_server() {
    let demo = target("demo", State::Up);
    for page in [
        html(&view(mixed())),
        target_page(&demo, Some(&fixture::detail(&demo))),
    ] {
        for attribute in [
            " src=\"",
            " action=\"",
            "<link rel=\"stylesheet\" href=\"",
            "<use href=\"",
        ] {
            for reference in page.split(attribute).skip(1) {
                let local = !reference.starts_with("//") && !reference.starts_with("http");
                assert!(local, "{}", &reference[..40]);
            }
        }
        assert!(
            !page.contains("style=\"") && !page.contains(" onclick"),
            "{page}"
        );
        assert_eq!(
            page.matches("<script").count(),
            1,
            "one file, nothing inline"
        );
    }
}
