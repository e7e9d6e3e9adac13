mod honesty;
mod hostile;
mod target;

use gateway_api::history::Range;
use gateway_api::incidents::IncidentStatus;
use gateway_api::status::{Part, Status, TargetStatus};
use gateway_api::target::TargetAnswer;
use proptest::prelude::*;

use super::announcements::Announcements;
use super::filter::Filter;
use super::overview::Overview;
use super::target::{TargetPage, TargetRequest};
use super::verdict::judge;
use super::*;
use crate::draw::charts::Charts;
use crate::gateway::GatewayError;
use crate::gateway::fixture::{self, blind, lost, status, target, time, view};
use crate::gateway::view::View;

const NOW: &str = "2026-11-23T02:45:30Z";

fn charts(names: &[&str]) -> Charts {
    Charts::new(
        Range::Day,
        Ok(fixture::history(names)),
        Ok(fixture::latency(names)),
        Ok(fixture::slo(names)),
    )
}

fn announcements(active: &[&str]) -> Announcements {
    let firing = |name: &&str| fixture::incident(name, name, IncidentStatus::Firing);
    let incidents = active.iter().map(firing).collect();
    Announcements::new(
        Ok(fixture::alerts(incidents)),
        Ok(fixture::maintenance("demo")),
        time(NOW),
    )
}

fn html_of(view: &View, charts: &Charts, announcements: &Announcements, filter: &Filter) -> String {
    let page = Overview::new(view, charts, announcements, filter, "1-2", time(NOW));
    let html = page.render().unwrap();
    // Asset paths change with their content.
    let assets = [
        (assets::stylesheet(), "page.css"),
        (assets::script(), "page.js"),
        (assets::icon(Overall::Blind.class()), "caution.svg"),
        (
            assets::icon(judge(view, time(NOW)).overall.class()),
            "icon.svg",
        ),
    ];
    assets
        .into_iter()
        .fold(html, |html, (asset, name)| html.replace(asset.path(), name))
}

fn html(view: &View) -> String {
    html_of(
        view,
        &charts(&["demo"]),
        &announcements(&[]),
        &Filter::default(),
    )
}

/// Returns the page without its head and symbols.
fn main_of(html: &str) -> &str {
    html.split_once("<main").unwrap().1
}

/// A status with a target of each state, in two groups.
fn mixed() -> Status {
    let mut targets = [
        target("demo", State::Up),
        target("broken", State::Down),
        target("never-probed", State::Unknown),
        target("resting", State::Maintenance),
    ];
    targets[1].group = Some("Payments".into());
    targets[0].certificate_not_after = Some(time("2026-11-28T02:45:30Z"));
    targets[2].since = None;
    status(&targets)
}

fn request() -> TargetRequest<'static> {
    TargetRequest {
        range: Range::Day,
        ranges: Range::SHORTEST.into(),
        paused: false,
        events: "1-2",
        now: time(NOW),
    }
}

fn target_page(target: &TargetStatus, detail: Option<&TargetAnswer>) -> String {
    let view = view(status(std::slice::from_ref(target)));
    let verdict = judge(&view, time(NOW));
    let page = TargetPage::new(
        target,
        &verdict,
        detail.ok_or(&GatewayError::Timeout),
        &request(),
    );
    page.render().unwrap()
}

#[test]
fn a_page_with_a_target_of_every_state() {
    let page = html_of(
        &view(mixed()),
        &charts(&["demo", "broken"]),
        &announcements(&["broken"]),
        &Filter::default(),
    );
    insta::assert_snapshot!(main_of(&page));
}

#[test]
fn a_page_that_never_had_the_gateway() {
    insta::assert_snapshot!(html_of(
        &lost(View::default()),
        &Charts::unavailable(Range::Day),
        &announcements(&[]),
        &Filter::default()
    ));
}

#[test]
fn the_last_known_state_is_marked_while_the_gateway_does_not_answer() {
    let page = html(&lost(view(status(&[
        target("demo", State::Up),
        target("broken", State::Down),
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
        page.contains("<bdi>prometheus</bdi> <strong>is unknown</strong>"),
        "{page}"
    );
}

#[test]
fn an_unavailable_part_has_a_start_time() {
    let mut status = status(&[target("demo", State::Up)]);
    status.summary.sources[1].ok = false;
    status.summary.blind = Some(blind(Part::Prometheus));
    let page = html(&view(status));
    assert!(
        page.contains("<bdi>prometheus</bdi> <strong>is unavailable</strong> since <time datetime=\"2026-11-23T02:42:10Z\">2026-11-23 02:42 UTC</time>"),
        "{page}"
    );
    assert!(page.contains("<bdi>ping-agent</bdi> answers"), "{page}");
}

#[test]
fn targets_that_need_attention_come_first_in_their_group() {
    let mut targets = [
        target("zebra", State::Up),
        target("apple", State::Up),
        target("broken", State::Down),
        target("odd", State::Unknown),
        target("db", State::Up),
    ];
    targets[4].group = Some("Data".into());
    let page = html(&view(status(&targets)));
    let names: Vec<&str> = page
        .split("data-target=\"")
        .skip(1)
        .filter_map(|it| Some(it.split_once('"')?.0))
        .collect();
    assert_eq!(names, ["db", "broken", "odd", "zebra", "apple"]);
}

#[test]
fn filters_and_paging_select_rows() {
    let mut targets: Vec<_> = (0..1_500)
        .map(|index| target(&format!("t{index:04}"), State::Up))
        .collect();
    targets[3].state = State::Down;
    targets[7].group = Some("Payments".into());
    let view = view(status(&targets));
    let shown = |query: &str| {
        let page = html_of(
            &view,
            &charts(&[]),
            &announcements(&[]),
            &Filter::parse(Some(query)),
        );
        let rows = page.matches("<li class=\"target\"").count();
        (rows, page)
    };
    let (rows, first) = shown("");
    assert_eq!(rows, 1_000);
    assert!(
        first.contains("href=\"/?after=t0999\" rel=\"next\""),
        "no link to the next targets"
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
fn without_script_the_page_reloads_itself_unless_paused() {
    let reloading = html(&view(mixed()));
    assert!(
        reloading.contains("<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>"),
        "{reloading}"
    );
    assert!(
        reloading.contains("<a class=\"button\" href=\"/?pause\">Pause</a>"),
        "{reloading}"
    );
    let filter = Filter::parse(Some("range=7d&pause"));
    let paused = html_of(&view(mixed()), &charts(&[]), &announcements(&[]), &filter);
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
fn a_row_is_the_same_in_the_page_and_in_an_event() {
    let view = view(mixed());
    let charts = charts(&["demo"]);
    let page = html_of(&view, &charts, &announcements(&[]), &Filter::default());
    for target in &view.snapshot.as_ref().unwrap().status.targets {
        let chart = charts.get(&target.target);
        let row = row::Row::new(target, chart, Range::Day, Visibility::Full, time(NOW));
        assert!(page.contains(&row.render().unwrap()), "{}", target.target);
    }
    let summary = summary::Summary::new(&view, judge(&view, time(NOW)), time(NOW));
    assert!(page.contains(&summary.render().unwrap()));
}
