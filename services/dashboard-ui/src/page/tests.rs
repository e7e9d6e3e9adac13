use std::sync::Arc;

use serde_json::{Value, json};

use crate::gateway::GatewayError;
use crate::latest::{Blind, Known};

use super::*;

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn status() -> Value {
    json!({
        "generated_at": "2026-11-23T02:45:10.123Z",
        "newest_observation_at": "2026-11-23T02:45:08.412Z",
        "sources": [
            {"name": "ping-agent", "ok": true, "detail": null},
            {"name": "prometheus", "ok": false, "detail": "connection refused"},
            {"name": "alert-logger", "ok": true, "detail": null}
        ],
        "state": "down",
        "counts": {"up": 1, "down": 1, "unknown": 1},
        "targets": [
            {"target": "demo", "url": "http://demo-target:8080/ok", "kind": "http", "state": "up",
             "availability": "99.95%", "availability_percent": 99.950_024_987_506_25,
             "latency_seconds": 0.0123, "last_probe_at": "2026-11-23T02:45:08.412Z",
             "interval_seconds": 15.0, "success": 2000, "failures": 1},
            {"target": "broken", "url": "https://user:xxxxx@example.invalid/", "kind": "https", "state": "down",
             "availability": "0.00%", "availability_percent": 0.0,
             "latency_seconds": null, "last_probe_at": "2026-11-23T02:45:01.020Z",
             "interval_seconds": 15.0, "success": 0, "failures": 12},
            {"target": "never-probed", "url": "https://example.org/", "kind": "https", "state": "unknown",
             "availability": null, "availability_percent": null,
             "latency_seconds": null, "last_probe_at": null,
             "interval_seconds": null, "success": 0, "failures": 0}
        ]
    })
}

fn view(status: Value) -> View {
    View {
        known: Some(Known {
            status: Arc::new(serde_json::from_value(status).unwrap()),
            at: time("2026-11-23T02:45:10.2Z"),
        }),
        blind: None,
    }
}

fn blind(view: View) -> View {
    View {
        blind: Some(Blind {
            since: time("2026-11-23T02:45:20Z"),
            error: GatewayError::Unreachable,
        }),
        ..view
    }
}

/// The page, with asset names that do not change with their content.
fn html(view: &View) -> String {
    let page = Page::new(view, time("2026-11-23T02:45:30Z"), Some(5));
    let html = page.render().unwrap();
    html.replace(page.stylesheet, "/assets/page.css")
        .replace(page.icon, "/assets/icon.svg")
}

#[test]
fn a_page_with_a_target_of_every_state() {
    insta::assert_snapshot!(html(&view(status())));
}

#[test]
fn a_page_without_the_gateway() {
    insta::assert_snapshot!(html(&blind(view(status()))));
}

#[test]
fn a_page_that_never_had_the_gateway() {
    insta::assert_snapshot!(html(&blind(View::default())));
}

#[test]
fn nothing_is_green_while_the_gateway_is_away() {
    let mut all_up = status();
    for target in all_up["targets"].as_array_mut().unwrap() {
        target["state"] = json!("up");
    }
    all_up["state"] = json!("up");
    let page = html(&blind(view(all_up)));
    let rows = page.split_once("<main>").unwrap().1;
    assert!(
        !rows.contains("#up") && !rows.contains("state up"),
        "{rows}"
    );
    assert!(rows.contains("<small>was up</small>"), "{rows}");
    assert!(!rows.contains("99.95%"), "{rows}");
}

/// A target with a long interval is up for the gateway long after the agent stopped probing.
#[test]
fn nothing_is_green_while_nothing_is_probed() {
    let mut status = status();
    status["targets"].as_array_mut().unwrap().truncate(1);
    status["targets"][0]["interval_seconds"] = json!(300.0);
    let mut quick = status["targets"][0].clone();
    quick["interval_seconds"] = json!(15.0);
    quick["state"] = json!("unknown");
    status["targets"].as_array_mut().unwrap().push(quick);
    status["state"] = json!("unknown");
    status["newest_observation_at"] = json!("2026-11-23T02:44:00Z");
    let page = html(&view(status));
    let main = page.split_once("<main>").unwrap().1;
    assert!(main.contains("The lab is blind"), "{main}");
    assert!(
        !main.contains("#up") && !main.contains("state up"),
        "{main}"
    );
}

#[test]
fn trouble_comes_first_and_the_rest_in_its_order() {
    let mut status = status();
    let up = status["targets"][0].clone();
    for name in ["zebra", "apple"] {
        let mut target = up.clone();
        target["target"] = json!(name);
        status["targets"].as_array_mut().unwrap().insert(0, target);
    }
    let page = Page::new(&view(status), time("2026-11-23T02:45:30Z"), Some(5));
    let names: Vec<_> = page.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["broken", "never-probed", "apple", "zebra", "demo"]);
}

#[test]
fn names_are_text_whatever_they_hold() {
    let mut status = status();
    let evil = "<script>alert(1)</script>\"'&{{ 7 }}\u{202e}txet";
    status["targets"][0]["target"] = json!(evil);
    status["targets"][0]["url"] = json!("javascript:alert(1)\"><img src=x>");
    status["targets"][1]["target"] = json!("n".repeat(10_000));
    status["sources"][1]["name"] = json!("</ul><b>");
    status["sources"][1]["detail"] = json!("<i>");
    let page = html(&view(status));
    for markup in ["<script", "<img", "<b>", "<i>", "href=\"javascript"] {
        assert!(!page.contains(markup), "{markup}");
    }
    // The override of the reading direction ends where the name ends.
    assert!(page.contains("\u{202e}txet</bdi>"), "{page}");
    assert!(page.contains(&"n".repeat(10_000)));
}

#[test]
fn everything_on_the_page_comes_from_its_own_server() {
    let page = html(&view(status()));
    for attribute in ["href=\"", "src=\"", "action=\""] {
        for reference in page.split(attribute).skip(1) {
            let local = reference.starts_with('/') && !reference.starts_with("//");
            assert!(local || reference.starts_with('#'), "{}", &reference[..40]);
        }
    }
    assert!(!page.contains("<script") && !page.contains("style=\""));
}

#[test]
fn the_icon_and_the_title_show_the_state() {
    let page = Page::new(&view(status()), time("2026-11-23T02:45:30Z"), Some(5));
    assert_eq!(page.icon, assets::icon(Overall::Down).path());
    let title = "<title>Down: 1 of 3 targets is down · UptimePulse</title>";
    assert!(page.render().unwrap().contains(title));
}

#[test]
fn a_thousand_targets_stay_a_small_page() {
    let mut status = status();
    let up = status["targets"][0].clone();
    status["targets"] = json!(vec![up; 1_000]);
    let page = html(&view(status));
    assert!(page.len() < 1_000_000, "{}", page.len());
}
