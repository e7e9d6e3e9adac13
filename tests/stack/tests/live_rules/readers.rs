//! Checks the readers of the recorded series: the gateway, the page and the dashboard.

use std::collections::BTreeMap;
use std::time::Duration;

use gateway_api::availability::WindowedSummary;
use gateway_api::slo::Slo;
use runner::dashboards::{Dashboard, fill};
use stack_tests::exposer::now;
use stack_tests::history::{OUTCOMES, Outcome};
use stack_tests::oracle::{Figures, Increases};
use stack_tests::start;
use test_support::{Service, get_as, get_text, repository, within};

use super::live::{END, Live, Target};
use super::same::assert_same;

/// Checks the answers of all readers.
pub async fn check(live: &Live, increases: &BTreeMap<String, Increases>) {
    let agents = live
        .exposers
        .iter()
        .map(|exposer| format!("http://{}/metrics", exposer.instance()));
    let gateway = start(
        "api-gateway",
        &[
            (
                "PING_AGENT_METRICS_URL",
                agents.collect::<Vec<_>>().join(","),
            ),
            ("PROMETHEUS_URL", live.prometheus.url("")),
            ("PROMETHEUS_QUERY_CACHE_SECONDS", "0".to_owned()),
        ],
    );
    for (window, seconds) in [
        ("30s", 30),
        ("75s", 75),
        ("2m", 120),
        ("5m", 300),
        ("6h", 21_600),
    ] {
        let url = gateway.url(&format!("/uptime-summary-windowed?window={window}"));
        let ask = || get_as::<WindowedSummary>(&url);
        let (answer, figures) = at_one_moment(live, increases, seconds, ask).await;
        let targets = answer.summary.targets.iter();
        let targets: BTreeMap<_, _> = targets
            .map(|target| (target.target.as_str(), &target.figures))
            .collect();
        for (name, figures) in figures {
            let target = live
                .targets
                .iter()
                .find(|target| target.name == *name)
                .unwrap();
            assert_eq!(
                targets.contains_key(name.as_str()),
                is_there(target),
                "{name}"
            );
            if !is_there(target) {
                continue;
            }
            let percent = figures.availability().map(|ratio| 100.0 * ratio);
            let target = targets[name.as_str()];
            let what = format!("{name} over {window}");
            let count = |outcome| figures.counts[outcome] as f64;
            assert_eq!(target.success, count(Outcome::Success), "{what}");
            assert_eq!(target.failures, count(Outcome::Failure), "{what}");
            assert_same(target.availability_percent, percent, &what);
        }
    }
    check_objectives(live, increases, &gateway).await;
}

/// Returns whether an agent exposes the target at the end. The gateway lists such targets.
fn is_there(target: &Target) -> bool {
    let agents = target.simulated.agents.iter();
    agents
        .map(|agent| agent.read(END))
        .any(|reading| reading.is_some())
}

/// Returns an answer about a window that ends now, and the expected figures. Retries until no increase enters or leaves the
/// window during the request.
async fn at_one_moment<'a, T, F: Future<Output = Option<T>>>(
    live: &Live,
    increases: &'a BTreeMap<String, Increases>,
    seconds: i64,
    mut ask: impl FnMut() -> F,
) -> (T, BTreeMap<&'a String, Figures>) {
    let counts = || {
        let end = now() - live.start;
        let figures = increases.iter();
        let figures = figures.map(|(name, increases)| (name, increases.over(end, seconds, None)));
        figures.collect::<BTreeMap<_, _>>()
    };
    within(
        Duration::from_secs(20),
        "an answer about one moment",
        || {
            let before = counts();
            let answer = ask();
            async move {
                let answer = answer.await?;
                let after = counts();
                let same =
                    |(name, figures): (&&String, &Figures)| after[*name].counts == figures.counts;
                before.iter().all(same).then_some((answer, before))
            }
        },
    )
    .await
    .0
}

/// Checks the readers of series that are recorded once a minute: the gateway's `/api/v1/slo`, the pages of targets, and the
/// dashboard of all targets.
async fn check_objectives(live: &Live, increases: &BTreeMap<String, Increases>, gateway: &Service) {
    let page = start("dashboard-ui", &[("API_GATEWAY_URL", gateway.url(""))]);
    let percent = dashboard_query("overview.json", "Targets", "D");
    let url = gateway.url("/api/v1/slo");
    // Retries if the windows were recorded during the requests.
    let ((slo, pages, percents, evaluated), _) = within(
        Duration::from_secs(90),
        "the readers' answers of one evaluation",
        || async {
            let before = live.slo_evaluations().await;
            let slo: Slo = get_as(&url).await?;
            let percents = live.prometheus.query(&percent).await;
            let mut pages = BTreeMap::new();
            for target in live.targets[..6].iter().filter(|target| is_there(target)) {
                let page = get_text(&page.url(&format!("/targets/{}", target.name))).await;
                pages.insert(target.name.clone(), page?);
            }
            let evaluated = *before.last()?;
            let same = live.slo_evaluations().await == before;
            same.then_some((slo, pages, percents, evaluated))
        },
    )
    .await;
    let answered = slo.targets.iter();
    let answered: BTreeMap<_, _> = answered
        .map(|target| (&*target.target, &target.windows))
        .collect();
    let percents: BTreeMap<_, _> = percents
        .iter()
        .map(|series| (series.label("target"), series.samples[0].1))
        .collect();
    for target in &live.targets {
        let name = target.name.as_str();
        let figures = increases[name].over(evaluated, 300, None);
        assert_eq!(answered.contains_key(name), is_there(target), "{name}");
        let Some(windows) = answered.get(name) else {
            continue;
        };
        let (_, answer) = windows.iter().find(|(window, _)| *window == "5m").unwrap();
        let shares = shares(&figures);
        for (share, value, expected) in [
            ("up", answer.shares.up_ratio, shares[0]),
            ("down", answer.shares.down_ratio, shares[1]),
            ("maintenance", answer.shares.maintenance_ratio, shares[2]),
            ("unknown", answer.shares.unknown_ratio, shares[3]),
        ] {
            let what = format!("the share {share} of {name}");
            assert_same(Some(value), Some(expected), &what);
        }
        let sum: f64 = shares.iter().sum();
        assert!((sum - 1.0).abs() < 1e-9, "{name}: {shares:?}");
        assert_same(answer.coverage_ratio, figures.coverage(), name);
        let ratio = figures.availability();
        assert_same(
            answer.figures.availability_percent,
            ratio.map(|ratio| 100.0 * ratio),
            name,
        );
        assert_eq!(
            answer.figures.availability.as_deref(),
            text(&figures).as_deref(),
            "{name}"
        );
        let shown = percents.get(name).map(|percent| format!("{percent:.2}%"));
        assert_eq!(shown, text(&figures), "{name} on the dashboard");
        if let Some(page) = pages.get(name) {
            let row = row(page, "5 minutes");
            let mut expected = vec![text(&figures).unwrap_or_else(|| "–".to_owned())];
            expected.extend(shares.map(|share| format!("{:.2}%", 100.0 * share)));
            assert_eq!(row[..5], expected, "{name} on its page");
        }
    }
}

/// Returns a query of a dashboard, filled in as Grafana does for all targets over 5 minutes.
fn dashboard_query(file: &str, title: &str, letter: &str) -> String {
    let folder = repository().join("monitoring/grafana/dashboards");
    let dashboards = Dashboard::read_all(&folder).unwrap();
    let dashboard = dashboards.iter().find(|dashboard| dashboard.file == file);
    let mut panels = dashboard
        .unwrap()
        .panels()
        .filter(|panel| panel.title() == title);
    let panel = panels.next().unwrap();
    let (_, query) = panel.queries().find(|(other, _)| *other == letter).unwrap();
    fill(query, &[("target", ".*"), ("window", "5m")]).unwrap()
}

/// Returns the text of the availability: truncated to two decimals, not rounded.
fn text(figures: &Figures) -> Option<String> {
    let (success, failure) = (
        figures.counts[Outcome::Success],
        figures.counts[Outcome::Failure],
    );
    let hundredths = (10_000 * success).checked_div(success + failure)?;
    Some(format!("{}.{:02}%", hundredths / 100, hundredths % 100))
}

/// Returns the shares up, down, maintenance and unknown.
fn shares(figures: &Figures) -> [f64; 4] {
    let coverage = figures.coverage().unwrap_or_default();
    let observed = figures.counts.observed() as f64;
    let share = |outcome| {
        if observed > 0.0 {
            coverage * figures.counts[outcome] as f64 / observed
        } else {
            0.0
        }
    };
    let [up, down, maintenance] = OUTCOMES.map(share);
    [up, down, maintenance, 1.0 - coverage]
}

/// Returns the cells of a table row of a page, without the picture.
fn row(page: &str, heading: &str) -> Vec<String> {
    let (_, rest) = page
        .split_once(&format!("<th scope=\"row\">{heading}</th>"))
        .unwrap_or_else(|| panic!("no row {heading} in {page}"));
    let (row, _) = rest.split_once("</tr>").unwrap();
    let cells = row
        .split("<td>")
        .filter(|cell| !cell.is_empty() && !cell.contains("<svg"));
    cells
        .map(|cell| cell.split('<').next().unwrap().to_owned())
        .collect()
}
