//! What cannot be trusted does not look good.

use super::*;

/// What the gateway says of a lab in which nothing is probed: a target with a long interval was up a moment ago.
#[test]
fn nothing_is_green_while_nothing_is_probed() {
    let mut slow = target("slow", "unknown");
    slow["was"] = json!("up");
    let mut status = status(&[slow, target("quick", "unknown")]);
    status["blind"] = blind("ping-agent");
    let page = html(&view(status));
    assert!(page.contains("The lab is blind"), "{page}");
    assert!(page.contains("was up"), "{page}");
    assert_nothing_green(&page);
}

#[test]
fn an_incident_says_that_its_end_was_not_delivered_or_is_not_confirmed() {
    let page = |end: &str| {
        let mut incident = fixture::incident("i-1", "demo", "resolved");
        incident["end"] = json!(end);
        let mut detail = fixture::detail(&target("demo", "up"));
        detail["incidents"] = json!([incident]);
        target_page(&target("demo", "up"), Some(&detail))
    };
    for (end, words) in [
        ("not_delivered", "ended, end not delivered"),
        ("unconfirmed", "end not confirmed"),
    ] {
        let page = page(end);
        assert!(
            page.contains(words) && page.contains("to at least <time"),
            "{page}"
        );
    }
    let plain = page("delivered");
    assert!(!plain.contains("to at least"), "{plain}");
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
    assert!(!page.contains(assets::icon(Overall::Up.class()).path()));
    assert!(
        !main_of(page).contains("are up") && !main_of(page).contains("is up"),
        "{page}"
    );
}

fn any_status() -> impl Strategy<Value = Value> {
    let state = prop::sample::select(vec!["up", "down", "maintenance", "unknown", "resting"]);
    let part = prop::sample::select(vec!["ping-agent", "prometheus", "alert-logger", "watchdog"]);
    (
        prop::collection::vec(state.clone(), 0..5),
        state,
        prop::option::of(part),
        prop::collection::vec(any::<bool>(), 3),
    )
        .prop_map(|(states, overall, away, sources)| {
            let targets: Vec<Value> = states
                .iter()
                .enumerate()
                .map(|(index, state)| target(&format!("t{index}"), state))
                .collect();
            let mut status = status(&targets);
            status["state"] = json!(overall);
            status["blind"] = away.map_or(Value::Null, blind);
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
        prop_assert!(!blind || verdict.visibility != Visibility::Full);
        if verdict.visibility != Visibility::Full {
            assert_nothing_green(&page);
        }
        let clean = status["sources"].as_array().unwrap().iter().all(|it| it["ok"] == true);
        let all_good = status["targets"].as_array().unwrap().iter().all(|it| it["state"] == "up" || it["state"] == "maintenance");
        if verdict.overall == Overall::Up {
            prop_assert!(clean && all_good && !blind);
        }
        for target in seen.snapshot.iter().flat_map(|it| &it.status.targets) {
            let page = TargetPage::new(target, &verdict, Err(&GatewayError::Timeout), &request());
            if verdict.visibility != Visibility::Full {
                assert_nothing_green(&page.render().unwrap());
            }
        }
    }
}
