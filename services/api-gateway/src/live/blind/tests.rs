use super::*;

/// The parts of a lab with one target at a second, all working.
fn working(second: i64) -> Parts<'static> {
    Parts {
        agents: None,
        probed: 1,
        prometheus: Some(Ok(Proof {
            stored: Some(at(second)),
            rules: Some(at(second)),
            targets: 1,
        })),
        alert_logger: Some(Ok(Some(at(second)))),
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn reasons(blind: Option<Blind>) -> Vec<(Part, i64)> {
    let reasons = blind.into_iter().flat_map(|blind| {
        assert_eq!(
            Some(blind.since),
            blind.reasons.iter().map(|reason| reason.since).min()
        );
        blind.reasons
    });
    reasons
        .map(|reason| (reason.part, reason.since.as_second()))
        .collect()
}

#[test]
fn each_part_is_unavailable_since_it_was_first_found_so() {
    let visibility = Visibility::default();
    let judge = |parts, second| reasons(visibility.judge(parts, at(second)));
    let no_agent = |second| Parts {
        agents: Some("refused"),
        ..working(second)
    };
    let neither = |second| Parts {
        prometheus: Some(Err("refused")),
        ..no_agent(second)
    };
    assert_eq!(judge(working(10), 10), []);
    assert_eq!(judge(no_agent(20), 20), [(Part::PingAgent, 20)]);
    let both = [(Part::PingAgent, 20), (Part::Prometheus, 30)];
    assert_eq!(judge(neither(30), 30), both);
    assert_eq!(judge(neither(40), 40), both);
    assert_eq!(judge(working(50), 50), []);
    assert_eq!(judge(no_agent(60), 60), [(Part::PingAgent, 60)]);
    let no_alerts = Parts {
        alert_logger: Some(Err("refused")),
        ..working(70)
    };
    assert_eq!(judge(no_alerts, 70), [(Part::AlertLogger, 70)]);
}

#[test]
fn a_watchdog_is_overdue_after_two_missing_arrivals() {
    let visibility = Visibility::default();
    let judge = |arrived: Option<i64>, second| {
        let alert_logger = Some(Ok(arrived.map(at)));
        reasons(visibility.judge(
            Parts {
                alert_logger,
                ..working(second)
            },
            at(second),
        ))
    };
    // Without any arrival, the time counts from the first poll.
    assert_eq!(judge(None, 100), []);
    assert_eq!(judge(None, 250), []);
    assert_eq!(judge(None, 251), [(Part::Watchdog, 100)]);
    assert_eq!(judge(Some(1000), 1150), []);
    assert_eq!(judge(Some(1000), 1151), [(Part::Watchdog, 1000)]);
    assert_eq!(judge(Some(2160), 2160), []);
    assert_eq!(judge(None, 2300), [], "alert-logger has forgotten it");
    assert_eq!(judge(None, 2311), [(Part::Watchdog, 2160)]);
}

/// alert-logger's clock is an hour ahead when the last Watchdog arrives. Then Alertmanager stops.
#[test]
fn a_watchdog_from_the_future_grows_old() {
    let visibility = Visibility::default();
    let judge = |arrived: i64, second| {
        let alert_logger = Some(Ok(Some(at(arrived))));
        let parts = Parts {
            alert_logger,
            ..working(second)
        };
        reasons(visibility.judge(parts, at(second)))
    };
    assert_eq!(judge(4600, 1000), []);
    assert_eq!(judge(4600, 1150), []);
    assert_eq!(judge(4600, 1151), [(Part::Watchdog, 1000)]);
    assert_eq!(
        judge(4660, 1160),
        [],
        "a new arrival counts although its clock is ahead"
    );
    // The gateway's clock is put back.
    assert_eq!(judge(4660, 200), []);
    assert_eq!(judge(4660, 351), [(Part::Watchdog, 200)]);
}

#[test]
fn prometheus_is_judged_by_its_stored_samples_and_not_by_its_answers() {
    let judge = |visibility: &Visibility, proof, second| {
        let parts = Parts {
            probed: 3,
            prometheus: Some(Ok(proof)),
            ..working(second)
        };
        let blind = visibility.judge(parts, at(second));
        blind.map(|blind| {
            let [reason] = &blind.reasons[..] else {
                panic!("one reason: {blind:?}");
            };
            assert_eq!(reason.part, Part::Prometheus);
            (reason.since.as_second(), reason.detail.clone())
        })
    };
    let whole = |second| Proof {
        stored: Some(at(second)),
        rules: Some(at(second)),
        targets: 3,
    };
    type Break = fn(&mut Proof);
    let breaks: [(Break, i64, &str); 3] = [
        (
            |proof| (proof.stored, proof.rules) = (Some(at(1000)), Some(at(985))),
            75,
            "stores nothing",
        ),
        (
            |proof| proof.rules = Some(at(1000)),
            100,
            "does not evaluate its rules",
        ),
        (
            |proof| proof.targets = 2,
            75,
            "results of 2 of the 3 probed targets",
        ),
    ];
    for (broken, limit, detail) in breaks {
        let visibility = Visibility::default();
        assert_eq!(judge(&visibility, whole(1000), 1000), None);
        let broken_at = |second| {
            let mut proof = whole(second);
            broken(&mut proof);
            judge(&visibility, proof, second)
        };
        assert_eq!(broken_at(1000 + limit), None, "a missed round: {detail}");
        let (since, text) = broken_at(1001 + limit).unwrap();
        assert_eq!(since, 1000, "{text}");
        assert!(text.contains(detail), "{text}");
        // After 5 minutes Prometheus returns no sample at all. That does not reset the time.
        let nothing = Proof::default();
        let (since, _) = judge(&visibility, nothing, 1400).unwrap();
        assert!(since < 1400 - 75, "{since}");
        assert_eq!(judge(&visibility, whole(1500), 1500), None);
    }
}

#[test]
fn a_lab_that_has_just_started_is_not_blind() {
    let visibility = Visibility::default();
    let parts = Parts {
        prometheus: Some(Ok(Proof::default())),
        alert_logger: Some(Ok(None)),
        ..working(0)
    };
    assert_eq!(reasons(visibility.judge(parts, at(100))), []);
    assert_eq!(reasons(visibility.judge(parts, at(175))), []);
    assert_eq!(
        reasons(visibility.judge(parts, at(176))),
        [(Part::Prometheus, 100)]
    );
}
