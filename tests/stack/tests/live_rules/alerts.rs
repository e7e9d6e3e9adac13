//! An added target gets its alerts, and the alerts of a removed target end.

use std::time::Duration;

use stack_tests::exposer::{Exposed, Exposer, now};
use stack_tests::history::{AgentSpec, Event, EventKind, SimulatedTarget, Spec, Timeline};
use stack_tests::prometheus::Prometheus;
use test_support::within;

/// Time for an evaluation of the windows, which is every minute, and one of the alerts after it.
const NEXT_WINDOWS: Duration = Duration::from_secs(70);

fn target(name: &str, timeline: &Timeline, events: Vec<Event>) -> Exposed {
    // An objective so high that a few failures burn an hour's budget, so that the test needs no hour.
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
    let simulated = SimulatedTarget::new(&spec, timeline);
    Exposed {
        target: name.to_owned(),
        objective,
        agent: simulated.agents[0].clone(),
    }
}

/// Returns the names of a target's firing alerts.
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
    let event = |kind, at, steps| Event { kind, at, steps };
    let failing = event(EventKind::Failing, 0, 300);
    let comes_and_goes = vec![
        event(EventKind::Away, 0, ADDED),
        failing,
        event(EventKind::Away, REMOVED, 300),
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
        "the other targets keep their alerts"
    );
    assert_eq!(firing(&prometheus, "good").await, [""; 0]);
}
