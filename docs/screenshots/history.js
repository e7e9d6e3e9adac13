// Sample data: a day of history of the default targets, in the series of the recording rules.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

/** Seconds between two samples, as in the 4-minute group of monitoring/prometheus/rules/probes.yml. */
const STEP = 4 * MINUTE;

/** Seconds between two probes. */
const INTERVAL = 15;

/** The bound of the lowest latency bucket, in seconds. The rule records no lower value. */
const FASTEST = 0.005;

/** The recorded windows that the page shows at once. */
const WINDOWS = { "2h": 2 / 24, "6h": 6 / 24, "1d": 1, "3d": 3, "14d": 14 };

/** Failed probes of each target: how many hours ago, and how many. */
const FAILURES = {
    demo: [[20.2, 9], [12.5, 3], [4.6, 1]],
    "ping-agent": [],
    "api-gateway": [[9.4, 1]],
    "alert-logger": [],
    "dashboard-ui": [[17.1, 4]],
};

/** Writes the history into the data folder of a stopped Prometheus. */
export async function writeHistory(promtool, dataFolder) {
    const folder = await mkdtemp(join(tmpdir(), "history-"));
    try {
        const file = join(folder, "history.om");
        await writeFile(file, samples(Math.floor(Date.now() / 1000)));
        await mkdir(dataFolder, { recursive: true });
        await promisify(execFile)(promtool, [
            "tsdb", "create-blocks-from", "--max-block-duration=24h", "--quiet", "openmetrics", file, dataFolder,
        ]);
    } finally {
        await rm(folder, { recursive: true });
    }
}

/** Returns the path of promtool: on PATH, otherwise the one that the lab unpacked. */
export function findPromtool(root) {
    const folders = [...(process.env.PATH ?? "").split(":"), join(root, ".lab/tools/prometheus/usr/bin")];
    const found = folders.map((folder) => join(folder, "promtool")).find((file) => existsSync(file));
    if (!found) throw new Error("promtool not found: put it on PATH, or run ./lab up once");
    return found;
}

function samples(now) {
    const lines = [];
    const family = (name, each) => {
        lines.push(`# TYPE ${name} gauge`);
        const sample = (labels, value, time) => lines.push(`${name}{${labels}} ${value} ${time}`);
        for (const [target, failures] of Object.entries(FAILURES)) each(target, failures, sample);
    };
    const times = (step) => Array.from({ length: DAY / step }, (_, index) => now - DAY + (index + 1) * step);
    const failed = (failures, time, step) =>
        failures
            .filter(([hours]) => now - hours * 60 * MINUTE > time - step && now - hours * 60 * MINUTE <= time)
            .reduce((sum, [, count]) => sum + count, 0);

    // The page draws 24 hours from the first pair of rules, and longer ranges from the second.
    for (const suffix of ["", "4m"]) {
        family(`target:probes:increase${suffix}`, (target, failures, sample) => {
            for (const time of times(STEP)) {
                sample(`target="${target}",outcome="success"`, STEP / INTERVAL - failed(failures, time, STEP), time);
            }
            for (const time of times(STEP)) {
                const count = failed(failures, time, STEP);
                if (count > 0) sample(`target="${target}",outcome="failure"`, count, time);
            }
        });
        family(`target:probes_due:rate${suffix}`, (target, _, sample) => {
            for (const time of times(STEP)) sample(`target="${target}"`, 1 / INTERVAL, time);
        });
    }
    family("target:probes:count", (target, failures, sample) => {
        for (const [window, days] of Object.entries(WINDOWS)) {
            const from = now - days * DAY;
            const recent = failures.filter(([hours]) => now - hours * 60 * MINUTE > from);
            const count = recent.reduce((sum, [, failed]) => sum + failed, 0);
            const labels = (outcome) => `target="${target}",outcome="${outcome}",window="${window}"`;
            sample(labels("success"), (Math.min(days, 1) * DAY) / INTERVAL - count, now);
            if (count > 0) sample(labels("failure"), count, now);
        }
    });
    family("target:probes_due:count", (target, _, sample) => {
        for (const [window, days] of Object.entries(WINDOWS)) {
            sample(`target="${target}",window="${window}"`, (days * DAY) / INTERVAL, now);
        }
    });
    family("target:latency_seconds:quantile", (target, failures, sample) => {
        for (const [quantile, slow] of [["0.5", 1], ["0.95", 4]]) {
            for (const time of times(MINUTE)) {
                // Slower around noon of the sample day, and while probes fail.
                const noon = Math.sin((Math.PI * (time - now + DAY)) / DAY) ** 4;
                const trouble = failed(failures, time, 20 * MINUTE) > 0 ? 2 : 0;
                const value = 0.003 * slow * (1 + noon + trouble) * (1 + 0.1 * Math.sin(time / 977));
                sample(`target="${target}",quantile="${quantile}"`, Math.max(FASTEST, value).toFixed(5), time);
            }
        }
    });
    return `${lines.join("\n")}\n# EOF\n`;
}
