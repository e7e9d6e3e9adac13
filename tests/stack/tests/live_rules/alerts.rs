//! A target that comes has its alerts, and one that goes takes them with it.

use std::time::Duration;

use stack_tests::exposer::{Exposed, Exposer, now};
use stack_tests::history::{AgentSpec, Course, Event, Spec, Timeline, What};
use stack_tests::prometheus::Prometheus;
use test_support::within;

/// The last evaluation of the windows, a minute apart, and one of the alerts after it, with time for both.
const NEXT_WINDOWS: Duration = Duration::from_secs(70);

fn target(name: &str, timeline: &Timeline, events: Vec<Event>) -> Exposed {
    // An objective that a few failures in an hour are too many for: nobody waits for the hour.
    let objective = 0.9999;
    let agent = AgentSpec {
        interval: 1,
        phase: 500,
        flaky: 0,
        seed: 0,
        events,
    };
    let spec = Spec {
        objective,
        agents: vec![agent],
    };
    let course = Course::new(&spec, timeline);
    Exposed {
        target: name.to_owned(),
        objective,
        course: course.agents[0].clone(),
    }
}

/// The alerts of a target that fire.
async fn firing(prometheus: &Prometheus, target: &str) -> Vec<String> {
    let alerts = prometheus.alerts().await.into_iter();
    let fires =
        alerts.filter(|alert| alert.label("target") == target && alert.label("state") == "firing");
    fires
        .map(|alert| alert.label("alertname").to_owned())
        .collect()
}

#[tokio::test]
async fn an_added_target_has_its_alerts_and_a_removed_one_leaves_none() {
    const ADDED: usize = 10;
    const REMOVED: usize = 100;
    let timeline = Timeline {
        step: 1_000,
        steps: 300,
        prometheus_away: Vec::new(),
    };
    let event = |what, at, steps| Event { what, at, steps };
    let failing = event(What::Failing, 0, 300);
    let comes_and_goes = vec![
        event(What::Away, 0, ADDED),
        failing,
        event(What::Away, REMOVED, 300),
    ];
    let targets = vec![
        target("stays", &timeline, vec![failing]),
        target("comes-and-goes", &timeline, comes_and_goes),
        target("good", &timeline, Vec::new()),
    ];
    let (start, end) = (now() + 7_000, timeline.at(timeline.steps));
    let exposer = Exposer::serve(targets, Vec::new(), start, end).await;
    let prometheus = Prometheus::start(&[exposer.instance()]).await;
    let elapsed = || now() - start;
    assert!(elapsed() < timeline.at(ADDED), "it started too slowly");
    assert_eq!(firing(&prometheus, "comes-and-goes").await, [""; 0]);

    let until_removed = timeline.at(REMOVED) - elapsed();
    let limit = Duration::from_millis(until_removed.unsigned_abs());
    within(limit, "the added target's budget burns fast", || async {
        let firing = firing(&prometheus, "comes-and-goes").await;
        firing
            .contains(&"ErrorBudgetBurnFast".to_owned())
            .then_some(())
    })
    .await;

    let until_removed = timeline.at(REMOVED) - elapsed();
    tokio::time::sleep(Duration::from_millis(until_removed.unsigned_abs() + 1_000)).await;
    within(NEXT_WINDOWS, "the removed target has no alert", || async {
        firing(&prometheus, "comes-and-goes")
            .await
            .is_empty()
            .then_some(())
    })
    .await;
    assert_ne!(
        firing(&prometheus, "stays").await,
        [""; 0],
        "the others keep theirs"
    );
    assert_eq!(firing(&prometheus, "good").await, [""; 0]);
}
