//! Responses of api-gateway, for tests. They are values of gateway-api's types, so a field renamed there does not
//! compile here. A test of malformed JSON writes that JSON itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway_api::availability::{Counts, Figures};
use gateway_api::history::{
    HistoryAnswer, LatencyAnswer, Overall, PhaseSeconds, Range, SLOTS, SlotsHead, TargetHistory,
    TargetLatency,
};
use gateway_api::incidents::{Alerts, Arrival, Event, Incident, IncidentEnd, IncidentStatus, Step};
use gateway_api::maintenance::{Maintenance, MaintenanceWindow, TargetWindow};
use gateway_api::slo::{Shares, Slo, TargetSlo, WINDOWS, WindowFigures, Windows};
use gateway_api::status::{
    Blind, Part, Reason, Source, State, Status, StatusSummary, TargetStatus,
};
use gateway_api::target::{Slotted, TargetAnswer};
use jiff::Timestamp;

use super::GatewayError;
use super::view::{Snapshot, View};

const GENERATED_AT: &str = "2026-11-23T02:45:10Z";

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn figures(success: f64, failures: f64) -> Figures {
    Counts { success, failures }.into()
}

/// A source of the gateway. It is unavailable if it has a detail.
pub(crate) fn source(name: &str, detail: Option<&str>) -> Source {
    Source {
        name: name.to_owned(),
        ok: detail.is_none(),
        detail: detail.map(ToOwned::to_owned),
    }
}

/// A target in a state.
pub(crate) fn target(name: &str, state: State) -> TargetStatus {
    TargetStatus {
        target: name.into(),
        url: format!("https://{}.example/", name.len()),
        kind: "https".to_owned(),
        group: None,
        state,
        was: None,
        since: Some(time("2026-11-23T02:41:00Z")),
        reason: (state == State::Down).then(|| "timeout".into()),
        maintenance: (state == State::Maintenance).then(|| MaintenanceWindow {
            start: time("2026-11-23T02:00:00Z"),
            end: time("2026-11-23T04:00:00Z"),
            reason: Some("Database upgrade".into()),
        }),
        figures: figures(2000.0, 1.0),
        latency_seconds: Some(0.01),
        last_probe_at: Some(time("2026-11-23T02:45:08Z")),
        interval_seconds: Some(15.0),
        certificate_not_after: None,
        slo_objective: Some(0.999),
        latency_objective_seconds: None,
    }
}

/// A status in which every part answers.
pub(crate) fn status(targets: &[TargetStatus]) -> Status {
    let is = |state: State| targets.iter().any(|it| it.state == state);
    let state = if is(State::Down) {
        State::Down
    } else if is(State::Unknown) || targets.is_empty() {
        State::Unknown
    } else {
        State::Up
    };
    let sources = ["ping-agent", "prometheus", "alert-logger"];
    Status {
        summary: StatusSummary {
            generated_at: time("2026-11-23T02:45:10.123Z"),
            newest_observation_at: Some(time("2026-11-23T02:45:08.412Z")),
            blind: None,
            sources: sources.map(|name| source(name, None)).into(),
            state,
            counts: targets.iter().map(|it| it.state).collect(),
        },
        ranges: Range::SHORTEST.map(|it| it.as_str().to_owned()).into(),
        groups: Vec::new(),
        total: targets.len(),
        next: None,
        targets: targets.iter().cloned().map(Arc::new).collect(),
    }
}

/// The lab is blind because of one part.
pub(crate) fn blind(part: Part) -> Blind {
    let since = time("2026-11-23T02:42:10Z");
    let detail = "connection refused".to_owned();
    let reasons = vec![Reason {
        part,
        since,
        detail,
    }];
    Blind { since, reasons }
}

pub(crate) fn view(status: Status) -> View {
    View {
        snapshot: Some(Snapshot {
            status: Arc::new(status),
            received_at: time("2026-11-23T02:45:10Z"),
        }),
        outage: None,
    }
}

/// The same view after the gateway stopped responding.
pub(crate) fn lost(mut view: View) -> View {
    view.fail(GatewayError::Unreachable, time("2026-11-23T02:45:20Z"));
    view
}

fn slots() -> SlotsHead {
    SlotsHead {
        range: Range::Day,
        start: time("2026-11-22T02:45:10Z"),
        slot_seconds: 960,
        slots: SLOTS,
    }
}

/// Values of 90 slots: 10 unknown, 78 up, one down, one in maintenance.
fn values<T: Copy>([unknown, up, down, maintenance]: [T; 4]) -> Vec<T> {
    let mut slots = vec![unknown; 10];
    slots.extend([up; 78]);
    slots.extend([down, maintenance]);
    slots
}

fn target_history(name: &str) -> TargetHistory {
    TargetHistory {
        target: name.into(),
        availability: values([None, Some(1.0), Some(0.0), None]),
        coverage: values([0.0, 1.0, 1.0, 1.0]),
        maintenance: values([0.0, 0.0, 0.0, 1.0]),
        success: values([0.0, 64.0, 0.0, 0.0]),
        failures: values([0.0, 0.0, 64.0, 0.0]),
        overall: Overall {
            availability: Some("98.73%".to_owned()),
            availability_percent: Some(98.73),
            coverage: Some(0.89),
        },
    }
}

fn target_latency(name: &str) -> TargetLatency {
    TargetLatency {
        target: name.into(),
        p50: vec![Some(0.0123); SLOTS],
        p95: vec![Some(0.0456); SLOTS],
        at_most_seconds: 0.005,
    }
}

fn target_slo(name: &str) -> TargetSlo {
    let window = |_| WindowFigures {
        figures: figures(79.0, 1.0),
        maintenance: 0.0,
        coverage: Some(1.0),
        shares: Shares {
            up: 0.9875,
            down: 0.0125,
            maintenance: 0.0,
            unknown: 0.0,
        },
        burn_rate: Some(12.5),
    };
    TargetSlo {
        target: name.into(),
        slo_objective: Some(0.999),
        error_budget_remaining_ratio: Some(0.629),
        latency_objective_seconds: Some(0.5),
        windows: Windows(WINDOWS.map(window)),
    }
}

pub(crate) fn history(names: &[&str]) -> HistoryAnswer {
    HistoryAnswer {
        generated_at: time(GENERATED_AT),
        slots: slots(),
        next: None,
        targets: names.iter().map(|name| target_history(name)).collect(),
    }
}

pub(crate) fn latency(names: &[&str]) -> LatencyAnswer {
    LatencyAnswer {
        generated_at: time(GENERATED_AT),
        slots: slots(),
        next: None,
        targets: names.iter().map(|name| target_latency(name)).collect(),
    }
}

pub(crate) fn slo(names: &[&str]) -> Slo {
    Slo {
        generated_at: time(GENERATED_AT),
        next: None,
        targets: names.iter().map(|name| target_slo(name)).collect(),
    }
}

/// An incident of a target.
pub(crate) fn incident(id: &str, target: &str, status: IncidentStatus) -> Incident {
    let is_over = status == IncidentStatus::Resolved;
    let step = |at: &str, event: Event| Step {
        at: time(at),
        event,
    };
    Incident {
        id: id.to_owned(),
        alert: "TargetDown".to_owned(),
        target: Some(target.to_owned()),
        severity: Some("page".to_owned()),
        status,
        started_at: time("2026-11-23T02:40:00Z"),
        ended_at: is_over.then(|| time("2026-11-23T02:50:00Z")),
        end: is_over.then_some(IncidentEnd::Delivered),
        duration_seconds: Some(600.0),
        summary: Some(format!("{target} is down")),
        description: Some("It fails.\nLook at it.".to_owned()),
        runbook_url: Some("https://runbooks.example/TargetDown.md".to_owned()),
        labels: BTreeMap::new(),
        timeline: vec![
            step("2026-11-23T02:40:00Z", Event::Fired),
            step("2026-11-23T02:40:09Z", Event::Notified),
        ],
    }
}

/// The active incidents.
pub(crate) fn alerts(alerts: Vec<Incident>) -> Alerts {
    Alerts {
        alerts,
        watchdog: Arrival {
            last_received_at: None,
        },
    }
}

pub(crate) fn maintenance(target: &str) -> Maintenance {
    Maintenance {
        planned: vec![TargetWindow {
            target: target.into(),
            start: time("2026-11-24T02:00:00Z"),
            end: time("2026-11-24T04:00:00Z"),
            reason: Some("Database upgrade".into()),
        }],
        ..Maintenance::default()
    }
}

/// Everything about one target.
pub(crate) fn detail(target: &TargetStatus) -> TargetAnswer {
    let name = &*target.target;
    TargetAnswer {
        generated_at: time(GENERATED_AT),
        newest_observation_at: None,
        blind: None,
        sources: Vec::new(),
        target: Arc::new(target.clone()),
        slo: Some(target_slo(name)),
        history: Some(Slotted {
            slots: slots(),
            values: target_history(name),
        }),
        latency: Some(Slotted {
            slots: slots(),
            values: target_latency(name),
        }),
        phases: Some(PhaseSeconds {
            dns: Some(0.001),
            connect: Some(0.002),
            tls: None,
            first_byte: Some(0.01),
            transfer: Some(0.0),
        }),
        reasons: Some(BTreeMap::from([("timeout".to_owned(), 14.0)])),
        incidents: Some(vec![incident("i-1", name, IncidentStatus::Resolved)]),
        maintenance: Some(Arc::new(maintenance(name))),
    }
}
