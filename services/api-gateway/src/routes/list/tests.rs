use gateway_api::availability::Counts;
use proptest::prelude::*;

use super::*;

fn target(name: &str, group: Option<&str>, state: State) -> Arc<TargetStatus> {
    Arc::new(TargetStatus {
        target: name.into(),
        url: format!("http://{}/", name.to_lowercase()),
        kind: "http".to_owned(),
        group: group.map(Arc::from),
        state,
        was: None,
        since: None,
        reason: None,
        maintenance: None,
        figures: Counts::default().into(),
        latency_seconds: None,
        last_probe_at: None,
        interval_seconds: None,
        certificate_not_after: None,
        slo_objective: None,
        latency_objective_seconds: None,
    })
}

fn filter(query: &str) -> Result<Filter, Problem> {
    let parameters = Parameters::read(Some(query), &[Filter::PARAMETERS])?;
    Filter::read(&parameters)
}

fn names(query: &str, targets: &[Arc<TargetStatus>]) -> Vec<String> {
    let page = filter(query).unwrap().page(targets);
    page.targets
        .iter()
        .map(|target| target.target.to_string())
        .collect()
}

#[test]
fn search_covers_name_url_and_group() {
    let targets = [
        target("Shop", Some("Payments"), State::Up),
        target("BLOG", None, State::Down),
        target("Straße", Some("Öffentlich"), State::Up),
    ];
    assert_eq!(names("search=sho", &targets), ["Shop"]);
    assert_eq!(names("search=http://BLOG", &targets), ["BLOG"]);
    assert_eq!(names("search=%C3%B6ff", &targets), ["Straße"]);
    assert_eq!(names("search=pay&state=down", &targets), [""; 0]);
    assert_eq!(names("state=up&search=", &targets), ["Shop", "Straße"]);
    assert_eq!(names("group=Payments", &targets), ["Shop"]);
    assert_eq!(names("group=payments", &targets), [""; 0]);
}

#[test]
fn a_page_continues_after_the_last_although_targets_were_added_and_removed() {
    let mut targets: Vec<_> = ["a", "b", "c", "d"]
        .iter()
        .map(|name| target(name, None, State::Up))
        .collect();
    let page = filter("limit=2").unwrap().page(&targets);
    assert_eq!((page.total, page.next.as_deref()), (4, Some("1,b")));
    targets.insert(0, target("new", None, State::Up));
    assert_eq!(names("after=1,b", &targets), ["c", "d"]);
    targets.retain(|target| !matches!(&*target.target, "new" | "b"));
    assert_eq!(names("after=1,b", &targets), ["c", "d"]);
    assert_eq!(names("after=99,gone", &targets), [""; 0]);
}

#[test]
fn invalid_parameters_are_rejected() {
    for query in [
        "after=",
        "after=1",
        "after=,a",
        "after=-1,a",
        "after=9999999999,a",
    ] {
        let error = filter(query).unwrap_err();
        assert!(error.detail().contains("next of an earlier answer"));
    }
    assert!(filter("limit=1001").is_err());
    assert!(filter(&format!("search={}", "x".repeat(257))).is_err());
    assert!(filter("page=2").is_err());
}

proptest! {
    #[test]
    fn pages_contain_every_match_once_and_in_order(
        rows in prop::collection::btree_map("\\PC{0,6}", any::<bool>(), 0..40),
        limit in 1_usize..10,
        only_up in any::<bool>(),
    ) {
        let targets: Vec<_> = rows
            .iter()
            .map(|(name, up)| target(name, None, if *up { State::Up } else { State::Down }))
            .collect();
        let state = if only_up { "&state=up" } else { "" };
        let matching: Vec<_> = rows.iter().filter(|(_, up)| **up || !only_up).collect();
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = filter(&format!("limit={limit}{state}{after}")).unwrap().page(&targets);
            prop_assert!(page.targets.len() <= limit);
            prop_assert_eq!(page.total, matching.len());
            seen.extend(page.targets.iter().map(|target| target.target.to_string()));
            let Some(next) = page.next else { break };
            prop_assert_eq!(page.targets.len(), limit);
            let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
            after = format!("&after={next}");
        }
        let matching: Vec<_> = matching.iter().map(|(name, _)| (*name).clone()).collect();
        prop_assert_eq!(seen, matching);
    }
}
