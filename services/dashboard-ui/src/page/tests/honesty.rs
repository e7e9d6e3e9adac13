//! A state that cannot be trusted is never green.

use gateway_api::incidents::IncidentEnd;

use super::*;

/// The response of a gateway whose agents do not probe. A target with a long interval was up at its last probe.
#[test]
fn nothing_is_green_while_nothing_is_probed() {
    let mut slow = target("slow", State::Unknown);
    slow.was = Some(State::Up);
    let mut status = status(&[slow, target("quick", State::Unknown)]);
    status.summary.blind = Some(blind(Part::PingAgent));
    let page = html(&view(status));
    assert!(page.contains("The lab is blind"), "{page}");
    assert!(page.contains("was up"), "{page}");
    assert_nothing_green(&page);
}

#[test]
fn an_undelivered_or_unconfirmed_end_is_marked() {
    let page = |end: IncidentEnd| {
        let mut incident = fixture::incident("i-1", "demo", IncidentStatus::Resolved);
        incident.end = Some(end);
        let demo = target("demo", State::Up);
        let mut detail = fixture::detail(&demo);
        detail.incidents = Some(vec![incident]);
        target_page(&demo, Some(&detail))
    };
    for (end, words) in [
        (IncidentEnd::NotDelivered, "ended, end not delivered"),
        (IncidentEnd::Unconfirmed, "end not confirmed"),
    ] {
        let page = page(end);
        assert!(
            page.contains(words) && page.contains("to at least <time"),
            "{page}"
        );
    }
    let plain = page(IncidentEnd::Delivered);
    assert!(!plain.contains("to at least"), "{plain}");
}

fn assert_nothing_green(page: &str) {
    let body = page.split_once("<body").unwrap().1;
    let tag = body.split_once('>').unwrap().0;
    assert!(
        tag.contains("class=\"blind\""),
        "the page has the colours of one that is not blind: {tag}"
    );
    for good in ["data-state=\"up\"", "#up\"", "data-overall=\"up\""] {
        assert!(!page.contains(good), "{good}: {page}");
    }
    assert!(!page.contains(assets::icon(Overall::Up.class()).path()));
    assert!(
        !main_of(page).contains("are up") && !main_of(page).contains("is up"),
        "{page}"
    );
}

fn any_status() -> impl Strategy<Value = Status> {
    let state = prop::sample::select(words::STATES.to_vec());
    let part = prop::sample::select(vec![
        Part::PingAgent,
        Part::Prometheus,
        Part::AlertLogger,
        Part::Watchdog,
    ]);
    (
        prop::collection::vec(state.clone(), 0..5),
        state,
        prop::option::of(part),
        prop::collection::vec(any::<bool>(), 3),
    )
        .prop_map(|(states, overall, away, sources)| {
            let targets: Vec<_> = states
                .iter()
                .enumerate()
                .map(|(index, state)| target(&format!("t{index}"), *state))
                .collect();
            let mut status = status(&targets);
            status.summary.state = overall;
            status.summary.blind = away.map(blind);
            for (source, ok) in status.summary.sources.iter_mut().zip(sources) {
                source.ok = ok;
            }
            status
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// No page shows a state as good that cannot be trusted, for any status.
    #[test]
    fn never_green_when_blind(status in any_status(), away in any::<bool>()) {
        let view = view(status.clone());
        let view = if away { lost(view) } else { view };
        let verdict = judge(&view, time(NOW));
        let page = html(&view);
        let blind = away || status.summary.blind.is_some();
        prop_assert!(!blind || verdict.visibility != Visibility::Full);
        if verdict.visibility != Visibility::Full {
            assert_nothing_green(&page);
        }
        let clean = status.summary.sources.iter().all(|it| it.ok);
        let all_good = status.targets.iter().all(|it| matches!(it.state, State::Up | State::Maintenance));
        if verdict.overall == Overall::Up {
            prop_assert!(clean && all_good && !blind);
        }
        for target in view.snapshot.iter().flat_map(|it| &it.status.targets) {
            let page = TargetPage::new(target, &verdict, Err(&GatewayError::Timeout), &request());
            if verdict.visibility != Visibility::Full {
                assert_nothing_green(&page.render().unwrap());
            }
        }
    }
}
