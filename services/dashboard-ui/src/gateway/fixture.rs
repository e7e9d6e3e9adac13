//! Answers of api-gateway, for tests.

use std::sync::Arc;

use gateway_api::PAGE_MAX;
use gateway_api::slo::WINDOWS;
use gateway_api::status::{Counted, State, Status};
use serde_json::{Value, json};

use super::view::{Snapshot, View};
use super::{GatewayError, Paged};

pub(crate) fn time(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

/// A target in a state.
pub(crate) fn target(name: &str, state: &str) -> Value {
    let down = state == "down";
    let maintenance = (state == "maintenance").then(|| {
        json!({"start": "2026-11-23T02:00:00Z", "end": "2026-11-23T04:00:00Z", "reason": "Database upgrade"})
    });
    json!({
        "target": name, "url": format!("https://{}.example/", name.len()), "kind": "https", "group": null, "state": state,
        "was": null, "reason": down.then_some("timeout"), "since": "2026-11-23T02:41:00Z", "maintenance": maintenance,
        "certificate_not_after": null, "slo_objective": 0.999, "latency_objective_seconds": null,
        "availability": "99.95%", "availability_percent": 99.95, "latency_seconds": 0.01,
        "last_probe_at": "2026-11-23T02:45:08Z", "interval_seconds": 15.0, "success": 2000, "failures": 1,
    })
}

/// A status in which every part answers.
pub(crate) fn status(targets: &[Value]) -> Value {
    let is = |state: &str| targets.iter().any(|it| it["state"] == state);
    let state = if is("down") {
        "down"
    } else if is("unknown") || targets.is_empty() {
        "unknown"
    } else {
        "up"
    };
    let states = targets.iter().map(|it| it["state"].clone());
    let states = states.map(|it| serde_json::from_value::<State>(it).unwrap());
    json!({
        "generated_at": "2026-11-23T02:45:10.123Z", "newest_observation_at": "2026-11-23T02:45:08.412Z", "blind": null,
        "sources": [
            {"name": "ping-agent", "ok": true, "detail": null},
            {"name": "prometheus", "ok": true, "detail": null},
            {"name": "alert-logger", "ok": true, "detail": null},
        ],
        "state": state, "counts": states.collect::<Counted>(), "ranges": ["24h", "7d", "14d"], "groups": [], "total": targets.len(), "next": null, "targets": targets,
    })
}

/// The lab is blind because of a part.
pub(crate) fn blind(part: &str) -> Value {
    let since = "2026-11-23T02:42:10Z";
    json!({"since": since, "reasons": [{"part": part, "since": since, "detail": "connection refused"}]})
}

pub(crate) fn view(mut status: Value) -> View {
    // Read page by page, as the gateway gives it.
    let targets = status["targets"].take();
    let mut page = |targets: &[Value]| {
        status["targets"] = json!(targets);
        serde_json::from_value::<Status>(status.clone()).unwrap()
    };
    let mut whole = page(&[]);
    for targets in targets.as_array().unwrap().chunks(PAGE_MAX) {
        whole.append(page(targets));
    }
    View {
        snapshot: Some(Snapshot {
            status: Arc::new(whole),
            received_at: time("2026-11-23T02:45:10Z"),
        }),
        outage: None,
    }
}

/// The same after the gateway went away.
pub(crate) fn lost(mut view: View) -> View {
    view.fail(GatewayError::Unreachable, time("2026-11-23T02:45:20Z"));
    view
}

fn by_target(names: &[&str], of: Value) -> Value {
    let targets = names.iter().map(|name| {
        let mut of = of.clone();
        of["target"] = json!(name);
        of
    });
    json!({"generated_at": "2026-11-23T02:45:10Z", "range": "24h", "start": "2026-11-22T02:45:10Z", "slot_seconds": 960,
        "slots": 90, "next": null, "targets": targets.collect::<Vec<_>>()})
}

/// 90 slots: unknown, up, one down, one in maintenance.
pub(crate) fn history(names: &[&str]) -> Value {
    let value = |at: [Value; 4]| {
        let [unknown, up, down, maintenance] = at;
        let up = std::iter::repeat_n(up, 78);
        let slots = std::iter::repeat_n(unknown, 10)
            .chain(up)
            .chain([down, maintenance]);
        json!(slots.collect::<Vec<_>>())
    };
    by_target(
        names,
        json!({
            "availability": value([json!(null), json!(1.0), json!(0.0), json!(null)]),
            "coverage": value([json!(0.0), json!(1.0), json!(1.0), json!(1.0)]),
            "maintenance": value([json!(0.0), json!(0.0), json!(0.0), json!(1.0)]),
            "success": value([json!(0), json!(64), json!(0), json!(0)]),
            "failures": value([json!(0), json!(0), json!(64), json!(0)]),
            "overall": {"availability": "98.73%", "availability_percent": 98.73, "coverage": 0.89},
        }),
    )
}

pub(crate) fn latency(names: &[&str]) -> Value {
    let line = |seconds: f64| json!(vec![Some(seconds); 90]);
    by_target(
        names,
        json!({"p50": line(0.0123), "p95": line(0.0456), "at_most_seconds": 0.005}),
    )
}

pub(crate) fn slo(names: &[&str]) -> Value {
    let figures = json!({"success": 79.0, "failures": 1.0, "maintenance": 0.0, "availability": "98.75%",
        "availability_percent": 98.75, "coverage": 1.0,
        "shares": {"up": 0.9875, "down": 0.0125, "maintenance": 0.0, "unknown": 0.0}, "burn_rate": 12.5});
    let windows: Value = WINDOWS
        .map(|window| (window, figures.clone()))
        .into_iter()
        .collect();
    by_target(
        names,
        json!({"slo_objective": 0.999, "error_budget_remaining_ratio": 0.629,
        "latency_objective_seconds": 0.5, "windows": windows}),
    )
}

/// An incident of a target.
pub(crate) fn incident(id: &str, target: &str, status: &str) -> Value {
    let over = status == "resolved";
    json!({
        "id": id, "alert": "TargetDown", "target": target, "severity": "page", "status": status,
        "started_at": "2026-11-23T02:40:00Z", "ended_at": over.then_some("2026-11-23T02:50:00Z"),
        "end": over.then_some("delivered"), "duration_seconds": 600.0, "summary": format!("{target} is down"), "description": "It fails.\nLook at it.",
        "runbook_url": "https://runbooks.example/TargetDown.md", "labels": {},
        "timeline": [{"at": "2026-11-23T02:40:00Z", "event": "fired"}, {"at": "2026-11-23T02:40:09Z", "event": "notified"}],
    })
}

/// The incidents that are active.
pub(crate) fn alerts(active: &[Value]) -> Value {
    json!({"alerts": active, "watchdog": {"last_received_at": null}})
}

pub(crate) fn maintenance(target: &str) -> Value {
    json!({"past": [], "active": [], "planned": [{"target": target, "start": "2026-11-24T02:00:00Z",
        "end": "2026-11-24T04:00:00Z", "reason": "Database upgrade"}]})
}

/// Everything about one target.
pub(crate) fn detail(target: &Value) -> Value {
    let name = target["target"].as_str().unwrap();
    let one = |of: Value| {
        let mut one = of["targets"][0].clone();
        for head in ["range", "start", "slot_seconds", "slots"] {
            one[head] = of[head].clone();
        }
        one
    };
    json!({
        "generated_at": "2026-11-23T02:45:10Z", "newest_observation_at": null, "blind": null, "sources": [],
        "target": target, "slo": one(slo(&[name])), "history": one(history(&[name])), "latency": one(latency(&[name])),
        "phases": {"dns": 0.001, "connect": 0.002, "tls": null, "first_byte": 0.01, "transfer": 0.0},
        "reasons": {"timeout": 14.0}, "incidents": [incident("i-1", name, "resolved")], "maintenance": maintenance(name),
    })
}
