// A stand-in for api-gateway: a mock at the boundary of dashboard-ui. A real lab cannot show 1,000 targets, all of them down,
// or a week of incidents within the time of a test. The JSON has the shapes of services/gateway-api; dashboard-ui rejects others.

import { createServer } from "node:http";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SLOTS = { "1h": 60, "24h": 90, "7d": 90, "14d": 90 };
const SECONDS = { "1h": 3600, "24h": 86_400, "7d": 7 * 86_400, "14d": 14 * 86_400 };

/** The states of the lab that tests show. */
export const SITUATIONS = ["nothing down", "two down", "all down", "blind"];

/**
 * Starts a stand-in. Options: `count` of targets, `groups`, `situation` (one of SITUATIONS), `age` of the history in ms,
 * `recovered` (how many targets are up again while alerts fire), `past` (whether incidents happened in the last days),
 * `announced`, `longNames`, `withoutAlert` (whether the targets that are down have no incident).
 */
export async function standIn(options = {}) {
    const world = { count: 5, groups: 0, situation: "nothing down", age: 30 * DAY, recovered: 0, ...options };
    const server = createServer((request, response) => answer(world, request, response));
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
        url: `http://127.0.0.1:${server.address().port}`,
        /** Changes the situation. */
        set: (changes) => Object.assign(world, changes),
        close: () => {
            server.closeAllConnections();
            server.close();
        },
    };
}

function answer(world, request, response) {
    const { pathname, searchParams } = new URL(request.url, "http://stand-in");
    const path = pathname.replace("/api/v1/", "");
    const range = searchParams.get("range") ?? "24h";
    const names = targets(world).map(({ target }) => target);
    const bodies = {
        status: () => status(world),
        history: () => ({ generated_at: time(0), ...slots(range), next: null, targets: names.map((name) => history(world, name, range)) }),
        latency: () => ({ generated_at: time(0), ...slots(range), next: null, targets: names.map((name) => latency(name, range)) }),
        slo: () => ({ generated_at: time(0), next: null, targets: names.map(slo) }),
        incidents: () => ({ incidents: incidents(world, searchParams.get("state")), next: null, durable: true }),
        announcements: () => ({ announcements: world.announced ? [announcement()] : [] }),
        maintenance: () => ({ past: [], active: [], planned: [] }),
    };
    const body = bodies[path]?.();
    // Without a stream, dashboard-ui polls.
    response.writeHead(body ? 200 : 503, { "content-type": "application/json" });
    response.end(JSON.stringify(body ?? {}));
}

function time(ago) {
    return new Date(Date.now() - ago).toISOString();
}

function name(world, index) {
    const service = ["video", "checkout", "search", "login", "catalogue", "mail"][index % 6];
    const long = world.longNames && index % 3 === 0 ? "-of-the-payments-platform-in-the-second-region-of-europe" : "";
    return `${service}-service-${index}${long}`;
}

function isDown(world, index) {
    if (world.situation === "all down") return true;
    return world.situation === "two down" && (index === 1 || index === Math.floor(world.count / 2));
}

function targets(world) {
    return Array.from({ length: world.count }, (_, index) => {
        const down = isDown(world, index);
        const blind = world.situation === "blind";
        return {
            target: name(world, index),
            url: `https://${name(world, index)}.example.org/health`,
            kind: "https",
            group: world.groups ? `Team ${index % world.groups}` : null,
            state: blind ? "unknown" : down ? "down" : "up",
            was: blind ? "up" : null,
            since: time(down ? 9 * MINUTE + 20_000 : 3 * HOUR),
            reason: down ? "status" : null,
            http_status: down ? 503 : 200,
            maintenance: null,
            success: 2000,
            failures: down ? 40 : 0,
            availability: down ? "98.03%" : "100.00%",
            availability_percent: down ? 98.03 : 100,
            latency_seconds: 0.012,
            last_probe_at: time(3_000),
            interval_seconds: 15,
            certificate_not_after: null,
            slo_objective_ratio: 0.999,
            latency_objective_seconds: 0.5,
        };
    });
}

function status(world) {
    const all = targets(world);
    const of = (state) => all.filter((target) => target.state === state).length;
    const counts = { up: of("up"), down: of("down"), maintenance: 0, unknown: of("unknown") };
    const reasons = [{ part: "prometheus", started_at: time(4 * MINUTE), detail: "connection refused" }];
    const isBlind = world.situation === "blind";
    return {
        generated_at: time(0),
        newest_observation_at: time(isBlind ? 4 * MINUTE : 3_000),
        blind: isBlind ? { started_at: time(4 * MINUTE), reasons } : null,
        sources: ["ping-agent", "prometheus", "alert-logger"].map((name) => {
            const ok = !(isBlind && name === "prometheus");
            return { name, ok, detail: ok ? null : "connection refused" };
        }),
        state: counts.down ? "down" : counts.unknown ? "unknown" : "up",
        counts,
        history_since: time(world.age),
        ranges: Object.keys(SLOTS),
        groups: [...new Set(all.map(({ group }) => group).filter(Boolean))],
        total: all.length,
        next: null,
        targets: all,
    };
}

function slots(range) {
    const slotSeconds = Math.floor(SECONDS[range] / SLOTS[range]);
    return { range, started_at: time(SECONDS[range] * 1000), slot_seconds: slotSeconds, slots: SLOTS[range] };
}

function history(world, target, range) {
    const count = SLOTS[range];
    const first = Math.max(0, Math.floor(count * (1 - world.age / 1000 / SECONDS[range])));
    const index = Number(target.match(/service-(\d+)/)[1]);
    const bad = isDown(world, index) ? count - 1 : index % 7 === 3 ? count - 20 : -1;
    const fill = (value) => Array.from({ length: count }, (_, slot) => value(slot));
    const seen = (slot) => slot >= first;
    const failed = (slot) => (slot === bad ? 20 : 0);
    return {
        target,
        watched_since: time(world.age),
        availability_ratio: fill((slot) => (seen(slot) ? (64 - failed(slot)) / 64 : null)),
        coverage_ratio: fill((slot) => (seen(slot) ? 1 : 0)),
        maintenance_ratio: fill(() => 0),
        success: fill((slot) => (seen(slot) ? 64 - failed(slot) : 0)),
        failures: fill((slot) => (seen(slot) ? failed(slot) : 0)),
        overall: { availability: bad < 0 ? "100.00%" : "98.03%", availability_percent: bad < 0 ? 100 : 98.03, coverage_ratio: 1 },
    };
}

function latency(target, range) {
    const wave = (base) => Array.from({ length: SLOTS[range] }, (_, slot) => base + base * 0.3 * Math.sin(slot / 5));
    return { target, p50: wave(0.012), p95: wave(0.04), at_most_seconds: 0.005 };
}

function slo(target) {
    const figures = {
        success: 79, failures: 1, availability: "98.75%", availability_percent: 98.75, maintenance: 0, coverage_ratio: 1,
        shares: { up_ratio: 0.9875, down_ratio: 0.0125, maintenance_ratio: 0, unknown_ratio: 0 },
        burn_rate: 12.5,
    };
    const windows = Object.fromEntries(["5m", "30m", "1h", "2h", "6h", "1d", "3d", "14d"].map((window) => [window, figures]));
    return { target, slo_objective_ratio: 0.999, error_budget_remaining_ratio: 0.62, latency_objective_seconds: 0.5, windows };
}

function incidents(world, state) {
    if (state === "over") return world.past ? past(world) : [];
    const all = targets(world);
    if (state === "recovered") return all.slice(0, world.recovered).map(({ target }) => recovered(target));
    if (world.withoutAlert) return [];
    return all.filter((target) => target.state === "down").map(({ target }) => ongoing(target));
}

function alert(target, alertname, severity, from, to) {
    const id = `${Date.now() - from}-${target.replace(/[^a-z0-9]/g, "")}-${alertname.toLowerCase()}`;
    return {
        id, alert: alertname, target, severity,
        status: to === null ? "firing" : "resolved",
        started_at: time(from),
        ended_at: to === null ? null : time(to),
        end: to === null ? null : "delivered",
        duration_seconds: to === null ? null : (from - to) / 1000,
        summary: `${alertname} of ${target}`,
        description: "More than two of its probes failed within a minute.",
        runbook_url: `http://127.0.0.1:8080/runbooks/${alertname}`,
        labels: { alertname, target, severity },
        timeline: [
            { at: time(from), event: "fired", alert: alertname },
            { at: time(from - 5_000), event: "notified", alert: alertname },
        ],
    };
}

function incident(target, state, alerts, more) {
    const verb = state === "ongoing" ? "is" : "was";
    return {
        // The id does not depend on the time of the request.
        id: `${state}-${target.replace(/[^a-z0-9]/g, "")}-${more.key ?? 0}`,
        target, title: `${target} ${verb} down`, state,
        reason: "status", http_status: 503, severity: "page",
        started_at: alerts[0].started_at,
        recovered_at: more.recovered_at ?? null,
        ended_at: more.ended_at ?? null,
        duration_seconds: more.duration_seconds ?? null,
        alerts,
        timeline: alerts.flatMap(({ timeline }) => timeline),
    };
}

function ongoing(target) {
    const alerts = [alert(target, "TargetDown", "page", 8 * MINUTE, null), alert(target, "ErrorBudgetBurnFast", "page", 6 * MINUTE, null)];
    return incident(target, "ongoing", alerts, {});
}

function recovered(target) {
    const alerts = [alert(target, "TargetDown", "page", 40 * MINUTE, 20 * MINUTE), alert(target, "ErrorBudgetBurnSlow", "ticket", 30 * MINUTE, null)];
    return incident(target, "recovered", alerts, { recovered_at: time(21 * MINUTE) });
}

function past(world) {
    return [1.2, 1.3, 3.1].map((days, index) => {
        const [from, to] = [days * DAY, days * DAY - 9 * MINUTE];
        const alerts = [alert(name(world, index), "TargetDown", "page", from, to)];
        return incident(name(world, index), "over", alerts, {
            key: index, recovered_at: time(to), ended_at: time(to), duration_seconds: 540,
        });
    });
}

function announcement() {
    return {
        id: "database", title: "We move the database", severity: "warning",
        started_at: time(HOUR), ended_at: time(-2 * HOUR), state: "active", targets: [],
        html: "<p>Logins may fail for a minute. <strong>We know</strong>, back by noon.</p>",
    };
}
