//! The page of one target.

use super::*;

#[test]
fn the_page_of_a_target_shows_all_its_figures() {
    let mut broken = target("broken", State::Down);
    broken.certificate_not_after = Some(time("2027-01-22T00:00:00Z"));
    let page = target_page(&broken, Some(&fixture::detail(&broken)));
    for shown in [
        "Down because it times out",
        "Expires in 59 days",
        "98.73%</b> in 24 hours, 89% of the probes seen",
        "24 hours: 98.73% available, 1 slot down, 1 in maintenance, 10 unknown",
        "<td>down</td><td>0.00%</td><td>64 of 64</td><td>100.00%</td>",
        "12.3 ms</b> median, 95% within <b>45.6 ms</b>; mean of the last 5 minutes <b>10.0 ms</b>",
        "First byte</dt>",
        "99.9%</dd>",
        "62% left",
        "<td>12.50</td>",
        "It times out</bdi></dt><dd>14</dd>",
        "broken is down",
        "2026-11-23 02:40 UTC</time> Fired",
        "2026-11-24 02:00 UTC",
        "/badges/broken/state.svg",
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
fn latencies_below_the_lowest_bucket_are_shown_as_an_upper_bound() {
    let mut quick = target("quick", State::Up);
    quick.latency_seconds = Some(0.000_46);
    let mut detail = fixture::detail(&quick);
    let latency = &mut detail.latency.as_mut().unwrap().values;
    latency.p50 = vec![Some(0.005); 90];
    latency.p95 = vec![Some(0.005); 90];
    let page = target_page(&quick, Some(&detail));
    for shown in [
        "<b>&#60; 5 ms</b> median, 95% within <b>&#60; 5 ms</b>; mean of the last 5 minutes <b>0.46 ms</b>",
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
        assert!(!page.contains("class=\"up\""), "{page}");
        assert!(
            !page.contains("No incident"),
            "incidents are unknown: {page}"
        );
    }
}
