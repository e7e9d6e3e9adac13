use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::filter::Filter;
use super::overview::Overview;
use super::target::{Asked, TargetPage};
use super::*;
use crate::board::View;
use crate::charts::Charts;
use crate::fixture::{self, blind, lost, status, target, time, view};
use crate::gateway::GatewayError;
use crate::gateway::detail::Detail;
use crate::news::News;
use crate::range::Range;
use crate::verdict::judge;

const NOW: &str = "2026-11-23T02:45:30Z";

fn charts(names: &[&str]) -> Charts {
    let read = |value| Ok(serde_json::from_value(value).unwrap());
    Charts::new(
        Range::Day,
        read(fixture::history(names)),
        serde_json::from_value(fixture::latency(names)).map_err(|_| GatewayError::Malformed),
        serde_json::from_value(fixture::slo(names)).map_err(|_| GatewayError::Malformed),
    )
}

fn news(active: &[&str]) -> News {
    let incidents: Vec<Value> = active
        .iter()
        .map(|name| fixture::incident(name, name, "firing"))
        .collect();
    News::new(
        Ok(serde_json::from_value(json!({"alerts": incidents})).unwrap()),
        Ok(serde_json::from_value(fixture::maintenance("demo")).unwrap()),
        time(NOW),
    )
}

fn html_of(view: &View, charts: &Charts, news: &News, filter: &Filter) -> String {
    let page = Overview::new(view, charts, news, filter, "1-2", time(NOW));
    let html = page.render().unwrap();
    // Names that change with the content of files.
    let assets = [
        (assets::stylesheet(), "page.css"),
        (assets::script(), "page.js"),
        (assets::icon(Overall::Blind), "caution.svg"),
        (assets::icon(judge(view, time(NOW)).overall), "icon.svg"),
    ];
    assets
        .into_iter()
        .fold(html, |html, (asset, name)| html.replace(asset.path(), name))
}

fn html(view: &View) -> String {
    html_of(view, &charts(&["demo"]), &news(&[]), &Filter::default())
}

/// All of a page behind its head and its symbols.
fn main_of(html: &str) -> &str {
    html.split_once("<main").unwrap().1
}

/// One of each state, in two groups.
fn mixed() -> Value {
    let mut targets = vec![
        target("demo", "up"),
        target("broken", "down"),
        target("never-probed", "unknown"),
        target("resting", "maintenance"),
    ];
    targets[1]["group"] = json!("Payments");
    targets[0]["certificate_not_after"] = json!("2026-11-28T02:45:30Z");
    targets[2]["since"] = json!(null);
    status(&targets)
}

#[test]
fn a_page_with_a_target_of_every_state() {
    let page = html_of(
        &view(mixed()),
        &charts(&["demo", "broken"]),
        &news(&["broken"]),
        &Filter::default(),
    );
    insta::assert_snapshot!(main_of(&page));
}

#[test]
fn a_page_that_never_had_the_gateway() {
    insta::assert_snapshot!(html_of(
        &lost(View::default()),
        &Charts::away(Range::Day),
        &news(&[]),
        &Filter::default()
    ));
}

#[test]
fn what_was_known_is_shown_as_such_while_the_gateway_is_away() {
    let page = html(&lost(view(status(&[
        target("demo", "up"),
        target("broken", "down"),
    ]))));
    assert!(
        page.contains("class=\"blind\"") && page.contains("data-overall=\"blind\""),
        "{page}"
    );
    for was in ["was up", "was down"] {
        assert!(
            page.contains(&format!("<small class=\"was\">{was}</small>")),
            "{page}"
        );
    }
    assert!(page.contains(
        "Blind since 2026-11-23 02:45:20 UTC (10 s ago): api-gateway cannot be reached."
    ));
    assert!(page.contains("Newest observation") && page.contains("22 s ago</time>, nothing since"));
    assert!(
        page.contains("<bdi>prometheus</bdi> <strong>cannot be seen</strong>"),
        "{page}"
    );
}

#[test]
fn the_parts_say_since_when_they_are_away() {
    let mut status = status(&[target("demo", "up")]);
    status["sources"][1]["ok"] = json!(false);
    status["blind"] = blind("prometheus");
    let page = html(&view(status));
    assert!(
        page.contains("<bdi>prometheus</bdi> <strong>is away</strong> since <time datetime=\"2026-11-23T02:42:10Z\">2026-11-23 02:42 UTC</time>"),
        "{page}"
    );
    assert!(page.contains("<bdi>ping-agent</bdi> answers"), "{page}");
}

/// A target with a long interval is up for the gateway long after the agent stopped probing.
#[test]
fn nothing_is_green_while_nothing_is_probed() {
    let mut slow = target("slow", "up");
    slow["interval_seconds"] = json!(300.0);
    let mut status = status(&[slow, target("quick", "unknown")]);
    status["newest_observation_at"] = json!("2026-11-23T02:44:00Z");
    let page = html(&view(status));
    assert!(page.contains("The lab is blind"), "{page}");
    assert_nothing_green(&page);
}

fn assert_nothing_green(page: &str) {
    let body = page.split_once("<body").unwrap().1;
    let tag = body.split_once('>').unwrap().0;
    assert!(
        tag.contains("class=\"blind\""),
        "the colours are those of a seeing page: {tag}"
    );
    for good in ["data-state=\"up\"", "#up\"", "data-overall=\"up\""] {
        assert!(!page.contains(good), "{good}: {page}");
    }
    assert!(!page.contains(assets::icon(Overall::Up).path()));
    assert!(
        !main_of(page).contains("are up") && !main_of(page).contains("is up"),
        "{page}"
    );
}

fn any_status() -> impl Strategy<Value = Value> {
    let state = prop::sample::select(vec!["up", "down", "maintenance", "unknown", "resting"]);
    let part = prop::sample::select(vec![
        "ping-agent",
        "prometheus",
        "alert-logger",
        "alert path",
    ]);
    (
        prop::collection::vec(state.clone(), 0..5),
        state,
        prop::option::of(part),
        prop::option::of(0_i64..200),
        prop::collection::vec(any::<bool>(), 3),
    )
        .prop_map(|(states, overall, away, age, sources)| {
            let targets: Vec<Value> = states
                .iter()
                .enumerate()
                .map(|(index, state)| target(&format!("t{index}"), state))
                .collect();
            let mut status = status(&targets);
            status["state"] = json!(overall);
            status["blind"] = away.map_or(Value::Null, blind);
            let newest = age.map(|age| {
                Timestamp::from_second(time("2026-11-23T02:45:10Z").as_second() - age).unwrap()
            });
            status["newest_observation_at"] = json!(newest);
            for (index, ok) in sources.iter().enumerate() {
                status["sources"][index]["ok"] = json!(ok);
            }
            status
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever the gateway says: what cannot be trusted does not look good, on any page.
    #[test]
    fn never_green_when_blind(status in any_status(), away in any::<bool>()) {
        let known = view(status.clone());
        let seen = if away { lost(known) } else { known };
        let verdict = judge(&seen, time(NOW));
        let page = html(&seen);
        let blind = away || !status["blind"].is_null();
        prop_assert!(!blind || verdict.sight != Sight::Clear);
        if verdict.sight != Sight::Clear {
            assert_nothing_green(&page);
        }
        let clean = status["sources"].as_array().unwrap().iter().all(|it| it["ok"] == true);
        let all_good = status["targets"].as_array().unwrap().iter().all(|it| it["state"] == "up" || it["state"] == "maintenance");
        if verdict.overall == Overall::Up {
            prop_assert!(clean && all_good && !blind);
        }
        for target in seen.known.iter().flat_map(|it| &it.status.targets) {
            let page = TargetPage::new(target, &verdict, Err(&GatewayError::Timeout), &asked());
            if verdict.sight != Sight::Clear {
                assert_nothing_green(&page.render().unwrap());
            }
        }
    }
}

fn asked() -> Asked<'static> {
    Asked {
        range: Range::Day,
        paused: false,
        events: "1-2",
        now: time(NOW),
    }
}

fn target_page(target: &Value, detail: Option<&Value>) -> String {
    let seen = view(status(std::slice::from_ref(target)));
    let known = seen.known.as_ref().unwrap().status.targets[0].clone();
    let detail = detail.map(|it| serde_json::from_value::<Detail>(it.clone()).unwrap());
    let verdict = judge(&seen, time(NOW));
    let page = TargetPage::new(
        &known,
        &verdict,
        detail.as_ref().ok_or(&GatewayError::Timeout),
        &asked(),
    );
    page.render().unwrap()
}

#[test]
fn the_page_of_a_target_shows_everything_about_it() {
    let mut broken = target("broken", "down");
    broken["certificate_not_after"] = json!("2027-01-22T00:00:00Z");
    let page = target_page(&broken, Some(&fixture::detail(&broken)));
    for shown in [
        "Down because it does not answer in time",
        "Certificate expires in 59 days",
        "98.73%</b> in 24 hours, 89% of the probes seen",
        "24 hours: 98.73% available, 1 slot down, 1 in maintenance, 10 unknown",
        "<td>down</td><td>0.00%</td><td>64 of 64</td><td>100.00%</td>",
        "12.3 ms</b> median, 95% within <b>45.6 ms",
        "First byte</dt>",
        "99.9%</dd>",
        "62% left",
        "<td>12.50</td>",
        "It does not answer in time</bdi></dt><dd>14</dd>",
        "broken is down",
        "2026-11-23 02:40 UTC</time> Fired",
        "2026-11-24 02:00 UTC",
        "/badges/broken/state.svg",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert_eq!(
        page.matches("<tr><th scope=\"row\">").count(),
        90 + 2,
        "slots and windows"
    );
    assert!(
        !page.contains("TLS handshake</dt>"),
        "a phase without a value: {page}"
    );
}

#[test]
fn what_is_not_known_of_a_target_is_not_made_up() {
    let demo = target("demo", "up");
    let nothing = json!({"generated_at": NOW, "target": demo, "slo": null, "history": null, "latency": null, "phases": null,
        "reasons": null, "incidents": null, "maintenance": null,
        "sources": [{"name": "prometheus", "ok": false, "detail": "connection refused"}]});
    for (detail, why) in [
        (
            Some(&nothing),
            "What prometheus knows is missing: connection refused.",
        ),
        (
            None,
            "History, latency and incidents are missing: api-gateway did not answer in time.",
        ),
    ] {
        let page = target_page(&demo, detail);
        assert!(page.contains(why), "{page}");
        assert!(
            page.contains("24 hours: availability unknown, 90 slots unknown"),
            "{page}"
        );
        assert!(!page.contains("class=\"up\""), "{page}");
        assert!(!page.contains("No incident"), "nobody knows: {page}");
    }
}

#[test]
fn trouble_comes_first_in_its_group_and_the_rest_in_its_order() {
    let mut targets: Vec<Value> = [
        ("zebra", "up"),
        ("apple", "up"),
        ("broken", "down"),
        ("odd", "unknown"),
        ("db", "up"),
    ]
    .map(|(name, state)| target(name, state))
    .to_vec();
    targets[4]["group"] = json!("Data");
    let page = html(&view(status(&targets)));
    let names: Vec<&str> = page
        .split("data-target=\"")
        .skip(1)
        .filter_map(|it| Some(it.split_once('"')?.0))
        .collect();
    assert_eq!(names, ["db", "broken", "odd", "zebra", "apple"]);
}

#[test]
fn filters_and_pages_narrow_what_is_shown() {
    let mut targets: Vec<Value> = (0..1_500)
        .map(|index| target(&format!("t{index:04}"), "up"))
        .collect();
    targets[3]["state"] = json!("down");
    targets[7]["group"] = json!("Payments");
    let seen = view(status(&targets));
    let shown = |query: &str| {
        let page = html_of(&seen, &charts(&[]), &news(&[]), &Filter::of(Some(query)));
        let rows = page.matches("<li class=\"target\"").count();
        (rows, page)
    };
    let (rows, first) = shown("");
    assert_eq!(rows, 1_000);
    assert!(
        first.contains("href=\"/?after=t0999\" rel=\"next\""),
        "the way on is missing"
    );
    let (rows, last) = shown("after=t0999");
    assert_eq!(rows, 500);
    assert!(last.contains("First targets") && !last.contains("rel=\"next\""));
    for (query, rows) in [
        ("state=down", 1),
        ("group=Payments", 1),
        ("search=PAYMENTS", 1),
        ("search=T00", 100),
        ("search=t00&state=down", 1),
        ("search=none", 0),
    ] {
        assert_eq!(shown(query).0, rows, "{query}");
    }
    assert!(shown("search=none").1.contains("No target matches"));
}

#[test]
fn names_and_labels_are_text_whatever_they_hold() {
    let evil = "<script>alert(1)</script>\"'&{{ 7 }}\u{202e}txet\0\u{1b}";
    let mut targets = vec![
        target(evil, "up"),
        target(&"n".repeat(10_000), "up"),
        target("m", "maintenance"),
    ];
    targets[0]["url"] = json!("javascript:alert(1)\"><img src=x>");
    targets[0]["group"] = json!(evil);
    targets[2]["maintenance"]["reason"] = json!(evil);
    let mut status = status(&targets);
    status["sources"][1] = json!({"name": "</ul><b>", "ok": false, "detail": "<i>\u{202e}"});
    let mut bad = fixture::incident("\"><script>", evil, "firing");
    bad["runbook_url"] = json!("javascript:alert(1)");
    bad["summary"] = json!(evil);
    bad["severity"] = json!(evil);
    let alerts = Ok(serde_json::from_value(json!({"alerts": [bad]})).unwrap());
    let news = News::new(
        alerts,
        Ok(crate::gateway::incident::Maintenance::default()),
        time(NOW),
    );
    let seen = view(status);
    let mut pages = vec![html_of(
        &seen,
        &charts(&[evil]),
        &news,
        &Filter::of(Some("search=%22%3E%3Cscript%3E")),
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
                .all(|it| it.len() < 2_000 || page.contains("Its whole name"))
        );
    }
}

#[test]
fn everything_that_a_page_fetches_comes_from_its_own_server() {
    let demo = target("demo", "up");
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

#[test]
fn the_page_renews_itself_without_script_until_it_is_paused() {
    let renewing = html(&view(mixed()));
    assert!(
        renewing.contains("<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>"),
        "{renewing}"
    );
    assert!(
        renewing.contains("<a class=\"button\" href=\"/?pause\">Pause</a>"),
        "{renewing}"
    );
    let filter = Filter::of(Some("range=7d&pause"));
    let paused = html_of(&view(mixed()), &charts(&[]), &news(&[]), &filter);
    assert!(
        !paused.contains("http-equiv") && paused.contains("data-paused"),
        "{paused}"
    );
    assert!(
        paused.contains("<a class=\"button\" href=\"/?range=7d\">Resume</a>"),
        "{paused}"
    );
}

#[test]
fn the_same_target_has_the_same_row_in_the_page_and_in_an_event() {
    let seen = view(mixed());
    let charts = charts(&["demo"]);
    let page = html_of(&seen, &charts, &news(&[]), &Filter::default());
    for target in &seen.known.as_ref().unwrap().status.targets {
        let chart = charts.of(&target.name);
        let row = row::Row::new(target, chart, Range::Day, Sight::Clear, time(NOW));
        assert!(page.contains(&row.render().unwrap()), "{}", target.name);
    }
    let summary = summary::Summary::new(&seen, judge(&seen, time(NOW)), time(NOW));
    assert!(page.contains(&summary.render().unwrap()));
}
