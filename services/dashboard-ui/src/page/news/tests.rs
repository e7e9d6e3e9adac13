use gateway_api::incidents::{AlertStatus, IncidentState};

use super::*;
use crate::gateway::fixture::{self, incident, maintenance, status, target, time, view};

const NOW: &str = "2026-11-23T02:45:30Z";

fn render(responses: Responses, view: &View) -> Parts {
    News::new(responses).render(view, Visibility::Full, time(NOW))
}

#[test]
fn a_recurring_window_is_listed_once() {
    let mut plan = maintenance("demo");
    let night = plan.planned[0].clone();
    for (target, start) in [
        ("demo", "2026-11-25"),
        ("other", "2026-11-25"),
        ("far", "2026-12-09"),
    ] {
        plan.planned.push(TargetWindow {
            target: target.into(),
            started_at: time(&format!("{start}T02:00:00Z")),
            ..night.clone()
        });
    }
    let next = next_of_each(&plan.planned, time(NOW));
    let starts = next
        .iter()
        .map(|it| (&*it.target, it.started_at.to_string()));
    assert!(starts.eq([
        ("demo", "2026-11-24T02:00:00Z".to_owned()),
        ("other", "2026-11-25T02:00:00Z".to_owned()),
    ]));
}

/// The list of parts already shows that a source is not configured.
#[test]
fn a_source_that_is_not_configured_is_not_reported_as_missing() {
    let html = |status| {
        let error = GatewayError::Status {
            status,
            detail: None,
        };
        let responses = Responses {
            ongoing: Err(error.clone()),
            recovered: Err(error),
            ..Responses::none()
        };
        render(responses, &View::default()).above
    };
    let sentence = "Active incidents cannot be shown";
    assert_eq!(html(502).matches(sentence).count(), 1);
    assert!(!html(501).contains("cannot be shown"));
}

#[test]
fn targets_that_are_down_come_first_also_without_an_alert() {
    let mut quick = target("quick", State::Down);
    quick.since = Some(time("2026-11-23T02:45:10Z"));
    let view = view(status(&[
        target("slow", State::Up),
        target("broken", State::Down),
        quick,
    ]));
    let responses = Responses {
        ongoing: Ok(fixture::incidents(vec![incident(
            "b",
            "broken",
            AlertStatus::Firing,
        )])),
        recovered: Ok(fixture::incidents(vec![incident(
            "s",
            "slow",
            AlertStatus::Firing,
        )])),
        ..Responses::none()
    };
    let news = News::new(responses);
    let entries = news.entries(&view, Visibility::Full, time(NOW));
    let words: Vec<_> = entries.iter().map(Entry::words).collect();
    assert_eq!(
        words,
        [
            "quick is down · since 2026-11-23 02:45:10 UTC · timed out · no alert yet",
            "broken is down · since 2026-11-23 02:40:00 UTC",
            "slow was down · since 2026-11-23 02:40:00 UTC · up again since 23 Nov 02:41 UTC; its alert is about to end",
        ]
    );
    let above = news.render(&view, Visibility::Full, time(NOW)).above;
    assert_eq!(above.matches("class=\"incident down\"").count(), 2);
    assert_eq!(above.matches("class=\"incident caution\"").count(), 1);
}

#[test]
fn more_than_a_dozen_incidents_are_a_link() {
    let incidents = (0..20).map(|index| {
        let name = format!("t{index}");
        incident(&name, &name, AlertStatus::Firing)
    });
    let responses = Responses {
        ongoing: Ok(fixture::incidents(incidents.collect())),
        ..Responses::none()
    };
    let above = render(responses, &view(status(&[]))).above;
    assert_eq!(above.matches("class=\"incident down\"").count(), 12);
    assert!(
        above.contains("<a href=\"/incidents\">8 more</a>"),
        "{above}"
    );
}

#[test]
fn the_passing_of_time_alone_is_no_change() {
    let news = News::new(Responses {
        ongoing: Ok(fixture::incidents(vec![incident(
            "i",
            "demo",
            AlertStatus::Firing,
        )])),
        ..Responses::none()
    });
    let steady = |target, at| {
        let view = view(status(&[target]));
        news.render_steady(&view, Visibility::Full, time(at))
    };
    let down = || target("demo", State::Down);
    let first = steady(down(), NOW);
    assert_eq!(first, steady(down(), "2026-11-23T03:45:30Z"));
    assert_ne!(first, steady(target("demo", State::Up), NOW));
}

#[test]
fn each_day_since_the_history_began_has_its_incidents() {
    let mut old = incident("o", "demo", AlertStatus::Resolved);
    old.started_at = time("2026-11-20T23:50:00Z");
    old.ended_at = Some(time("2026-11-21T00:10:00Z"));
    old.recovered_at = old.ended_at;
    let mut status = status(&[target("demo", State::Up)]);
    status.history_since = Some(time("2026-11-19T12:00:00Z"));
    let responses = |next: Option<&str>| Responses {
        over: Ok(gateway_api::incidents::Incidents {
            next: next.map(ToOwned::to_owned),
            ..fixture::incidents(vec![old.clone()])
        }),
        ..Responses::none()
    };
    let view = view(status);
    let days = |next| {
        let news = News::new(responses(next));
        let incidents: Vec<_> = news.over.iter().collect();
        let days = days(&view, &incidents, news.over_since, NOTHING, time(NOW));
        let days = days.into_iter();
        days.map(|day| (day.name, day.incidents.len()))
            .collect::<Vec<_>>()
    };
    let expected = [
        ("Today", 0),
        ("Yesterday", 0),
        ("Saturday, 21 November", 1),
        ("Friday, 20 November", 1),
        ("Thursday, 19 November", 0),
    ];
    assert_eq!(
        days(None),
        expected.map(|(name, count)| (name.to_owned(), count))
    );
    // Older incidents were not fetched, so the days before are unknown.
    assert_eq!(days(Some("cursor")).len(), 4);
    let below = render(responses(None), &view).below;
    assert!(below.contains("no incidents") && below.contains("demo was down"));
}

#[test]
fn announcements_are_above_the_incidents() {
    let responses = Responses {
        announcements: Ok(Announcements {
            announcements: vec![fixture::announcement("db", "We know")],
        }),
        ongoing: Ok(fixture::incidents(vec![incident(
            "i",
            "demo",
            AlertStatus::Firing,
        )])),
        ..Responses::none()
    };
    let above = render(responses, &view(status(&[target("demo", State::Down)]))).above;
    let message = above.find("We know").unwrap();
    assert!(message < above.find("id=\"incidents\"").unwrap());
    for part in [
        "class=\"message caution\"",
        "<p>Back by noon.</p>",
        "<a href=\"/targets/demo\"><bdi>demo</bdi></a>",
        "until <time datetime=\"2026-11-23T12:00:00Z\">",
    ] {
        assert!(above.contains(part), "{part}: {above}");
    }
}

/// The state of an incident may be older than the state of its target.
#[test]
fn the_row_follows_the_state_of_the_target() {
    let mut incident = incident("i", "demo", AlertStatus::Firing);
    incident.state = IncidentState::Ongoing;
    let words = |state| {
        let target = target("demo", state);
        Entry::new(&incident, Some(&target), time(NOW)).words()
    };
    assert!(words(State::Down).starts_with("demo is down"));
    assert!(words(State::Up).starts_with("demo was down"));
    assert!(words(State::Unknown).starts_with("demo is down"));
}
