// Takes all pictures again. `retake` installs the packages and starts this file.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { findChromium } from "../../tests/browser/find-chromium.js";
import { diagram } from "./diagram.js";
import { Lab } from "./lab.js";
import { Studio } from "./studio.js";
import { terminal } from "./terminal.js";

/** The target that fails in a picture, and its endpoint of the demo target. */
const FAILING = { target: "demo", endpoint: "ok" };

const PICTURES = {
    async architecture(studio) {
        const source = await readFile(here("architecture.mmd"), "utf8");
        await diagram(studio, "architecture", source);
    },
    async "status-page"(studio, lab) {
        await studio.take("status-page", lab.url("dashboard-ui"));
    },
    async "status-page-dark"(studio, lab) {
        await studio.take("status-page-dark", lab.url("dashboard-ui"), { colorScheme: "dark" });
    },
    async "status-page-down"(studio, lab) {
        await lab.failing(FAILING, () => studio.take("status-page-down", lab.url("dashboard-ui")));
    },
    async "target-page"(studio, lab) {
        await studio.take("target-page", lab.url("dashboard-ui", `/targets/${FAILING.target}`), { height: 1250 });
    },
    async "prometheus-targets"(studio, lab) {
        // Debian's Prometheus serves its pages below /classic.
        const paths = ["/classic/targets", "/targets"].map((path) => lab.url("prometheus", path));
        await studio.take("prometheus-targets", await firstThatAnswers(paths), { height: 1000, scale: 1 });
    },
    async "uptime-summary"(studio, lab) {
        const url = lab.url("api-gateway", "/uptime-summary");
        const summary = await (await fetch(url)).json();
        await terminal(studio, "uptime-summary", `curl -s ${url} | jq`, summary);
    },
    async grafana(studio, lab) {
        if (!lab.has("grafana")) {
            console.log("grafana-overview.png is not retaken: Grafana does not run; put it on PATH and start again");
            return;
        }
        const url = lab.url("grafana", "/d/uptimepulse-overview?kiosk&theme=light");
        await studio.take("grafana-overview", url, { width: 1400, height: 1000, scale: 1, settle: 8000 });
    },
};

const { values, positionals } = parseArgs({ options: { "state-dir": { type: "string" } }, allowPositionals: true });
const names = positionals.length > 0 ? positionals : Object.keys(PICTURES);
const unknown = names.filter((name) => !(name in PICTURES));
if (unknown.length > 0) {
    console.error(`retake: unknown picture ${unknown.join(", ")}; the pictures are ${Object.keys(PICTURES).join(", ")}`);
    process.exit(64);
}
const executablePath = findChromium();
if (!executablePath) {
    console.error("retake: Chromium not found; install it: apt-get install chromium");
    process.exit(1);
}
const program = here("../../lab");
const stateDir = values["state-dir"];
const lab = stateDir ? await Lab.running(program, stateDir) : await Lab.withHistory(program);
let browser;
try {
    browser = await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
    const studio = new Studio(browser, here("."));
    for (const name of names) await PICTURES[name](studio, lab);
} finally {
    await browser?.close();
    await lab.end();
}

function here(path) {
    return fileURLToPath(new URL(path, import.meta.url));
}

async function firstThatAnswers(urls) {
    for (const url of urls) {
        if ((await fetch(url)).ok) return url;
    }
    throw new Error(`no address answers with success: ${urls.join(", ")}`);
}
