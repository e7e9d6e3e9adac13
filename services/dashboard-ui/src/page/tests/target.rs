//! The page of one target.

use super::*;

#[test]
fn the_page_of_a_target_shows_all_its_figures() {
    let mut broken = target("broken", State::Down);
    broken.certificate_not_after = Some(time("2027-01-22T00:00:00Z"));
    let page = target_page(&broken, Some(&fixture::detail(&broken)));
    for shown in [
        "Timed out",
        "Expires in 59 days",
        "98.73%</b> in 24 hours, 89% of probes seen",
        "24 hours: 98.73% available, 1 slot down, 1 in maintenance, 10 unknown",
        "<td>down</td><td>0.00%</td><td>64 of 64</td><td>100.00%</td>",
        "title=\"23 Nov 02:13–02:29 UTC · down · 64 of 64 probes failed\"",
        "title=\"22 Nov 02:45–03:01 UTC · unknown\"",
        "12.3 ms</b> median, p95 <b>45.6 ms</b>; mean of the last 5 minutes <b>10.0 ms</b>",
        "First byte</dt>",
        "99.9%</dd>",
        "62% left",
        "<td>12.50</td>",
        "Timed out</bdi></dt><dd>14</dd>",
        "broken is down",
        "2026-11-23 02:40 UTC</time> <bdi>TargetDown: fired</bdi>",
        "2026-11-24 02:00 UTC",
        "src=\"/badges/broken/state.svg\"",
        "[![broken: state](http://lab:8081/badges/broken/state.svg)](http://lab:8081/targets/broken)",
        crate::text::terms::ERROR_BUDGET,
        crate::text::terms::BURN_RATE,
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert_eq!(
        page.matches("<tr><th scope=\"row\">").count(),
        90 + 8,
        "slots and windows"
    );
    assert!(
        !page.contains("TLS handshake</dt>"),
        "a phase without a value: {page}"
    );
}

#[test]
fn the_slots_of_a_target_that_is_down_name_the_reason() {
    let mut broken = target("broken", State::Down);
    (broken.reason, broken.http_status) = (Some("status".into()), Some(503));
    let mut detail = fixture::detail(&broken);
    let history = &mut detail.history.as_mut().unwrap().values;
    // The target is down since 02:41.
    history.availability_ratio[89] = Some(0.5);
    (history.success[89], history.failures[89]) = (30.0, 30.0);
    history.maintenance_ratio[89] = 0.0;
    let page = target_page(&broken, Some(&detail));
    for shown in [
        "title=\"23 Nov 02:13–02:29 UTC · down · 64 of 64 probes failed\"",
        "title=\"23 Nov 02:29–02:45 UTC · 30 of 60 probes failed · HTTP 503\"",
        "<bdi>HTTP 503</bdi>",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
}

#[test]
fn a_young_target_shows_since_when_it_is_watched() {
    let young = target("young", State::Up);
    let mut detail = fixture::detail(&young);
    let history = &mut detail.history.as_mut().unwrap().values;
    history.watched_since = Some(time("2026-11-23T00:00:00Z"));
    history.overall.coverage_ratio = Some(0.004);
    let page = target_page(&young, Some(&detail));
    for shown in [
        ", since <time datetime=\"2026-11-23T00:00:00Z\">23 Nov 00:00</time>, &#60; 1% of probes seen",
        "title=\"22 Nov 02:45–03:01 UTC · before this target was watched\"",
        "79 before this target was watched",
        // The window of 2 hours began after that, the window of 6 hours before.
        "<td class=\"of-window\">98.75%</td>",
        "<td class=\"of-window\">98.75%<small>since <time datetime=\"2026-11-23T00:00:00Z\">23 Nov 00:00</time></small></td>",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let first = page.split("class=\"slots\"").nth(1).unwrap();
    assert_eq!(first.matches("tabindex=\"0\" title").count(), 1);
}

#[test]
fn two_points_are_not_a_chart() {
    let young = target("young", State::Up);
    let mut detail = fixture::detail(&young);
    let latency = &mut detail.latency.as_mut().unwrap().values;
    let two = |value| {
        let mut values = vec![None; 88];
        values.extend([Some(value); 2]);
        values
    };
    (latency.p50, latency.p95) = (two(0.01), two(0.02));
    let page = target_page(&young, Some(&detail));
    assert!(page.contains("Too few responses for a chart"), "{page}");
    assert!(
        page.contains("<b>10.0 ms</b> median, p95 <b>20.0 ms</b>"),
        "{page}"
    );
}

#[test]
fn latencies_below_the_lowest_bucket_are_shown_as_an_upper_bound() {
    let mut quick = target("quick", State::Up);
    quick.latency_seconds = Some(0.000_46);
    let mut detail = fixture::detail(&quick);
    let latency = &mut detail.latency.as_mut().unwrap().values;
    latency.p50 = vec![Some(0.005); 90];
    latency.p95 = vec![Some(0.005); 90];
    let page = target_page(&quick, Some(&detail));
    for shown in [
        "<b>&#60; 5 ms</b> median, p95 <b>&#60; 5 ms</b>; mean of the last 5 minutes <b>0.46 ms</b>",
        "at most 5.00 ms",
        "<td>&#60; 5 ms</td><td>&#60; 5 ms</td>",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
}

#[test]
fn missing_figures_are_shown_as_unknown() {
    let demo = target("demo", State::Up);
    let nothing = TargetAnswer {
        sources: vec![fixture::source("prometheus", Some("connection refused"))],
        slo: None,
        history: None,
        latency: None,
        phases: None,
        reasons: None,
        incidents: None,
        maintenance: None,
        ..fixture::detail(&demo)
    };
    for (detail, why) in [
        (
            Some(&nothing),
            "Figures from prometheus are missing: connection refused.",
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
        let before_legend = page.split("class=\"legend\"").next().unwrap();
        assert!(!before_legend.contains("class=\"up\""), "{page}");
        assert!(
            !page.contains("No incident"),
            "incidents are unknown: {page}"
        );
    }
}
