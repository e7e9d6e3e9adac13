// Accessibility: axe-core's rules in both colour schemes, at the widths of a phone and a wall screen.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { describe } from "node:test";
import { overflow, unfold } from "../lib/browser.js";
import { showsState } from "../lib/page.js";

const PATHS = ["/", "/targets/demo", "/incidents", "/maintenance"];
const SCHEMES = ["light", "dark"];
const WIDTHS = [360, 1920];

export function accessibility(stage) {
    const { lab } = stage;
    const axe = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

    describe("accessibility", () => {
        stage.scene("every page has no serious violation, with an incident and a target that is down", async (scene) => {
            await lab.notify(incidents());
            const page = await scene.open();
            try {
                await showsState(page, "checkout", "down", await lab.setFault("checkout"), 10);
                for (const path of PATHS) {
                    for (const colorScheme of SCHEMES) {
                        for (const width of WIDTHS) await examine(scene, path, { colorScheme, width });
                    }
                }
            } finally {
                await lab.clearFault("checkout");
            }
        }, { seconds: 240 });

        stage.scene("the page uses the requested colour scheme", async (scene) => {
            const [light, dark] = await Promise.all(
                SCHEMES.map(async (colorScheme) => brightness(await scene.open("/", { colorScheme }))),
            );
            assert.ok(light > 0.8 && dark < 0.2, `brightness of the background: light ${light}, dark ${dark}`);
        });
    });

    async function examine(scene, path, options) {
        const page = await scene.open(path, options);
        const where = `${path} in ${options.colorScheme}, ${options.width} px`;
        await page.evaluate(await axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
        const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
        assert.deepEqual(serious.map(inWords), [], where);
        assert.ok((await overflow(page)) <= 0, `${where} scrolls horizontally by ${await overflow(page)} px`);
        await unfold(page);
        assert.ok((await overflow(page)) <= 0, `${where}, unfolded, scrolls horizontally by ${await overflow(page)} px`);
    }
}

function inWords({ id, help, nodes }) {
    return `${id}: ${help}: ${nodes.map(({ html, failureSummary }) => `${html} (${failureSummary})`).join("; ")}`;
}

/** Returns the brightness of the page's background, from 0 to 1. */
function brightness(page) {
    return page.evaluate(() => {
        const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number);
        return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
    });
}

/** Returns a payload of Alertmanager with an active and a resolved alert. */
function incidents() {
    const alert = (fingerprint, status, endsAt) => ({
        status,
        labels: { alertname: "TargetDown", target: "checkout", severity: "page", instance: "ping-agent", job: "ping-agent" },
        annotations: { summary: "checkout is down", description: "More than two of its probes failed within a minute." },
        startsAt: new Date(Date.now() - 3_600_000).toISOString(),
        endsAt,
        generatorURL: "",
        fingerprint,
    });
    return {
        version: "4",
        groupKey: "{}",
        truncatedAlerts: 0,
        status: "firing",
        receiver: "stdout",
        groupLabels: {},
        commonLabels: {},
        commonAnnotations: {},
        externalURL: "http://127.0.0.1",
        alerts: [
            alert("00000000000000a1", "firing", "0001-01-01T00:00:00Z"),
            alert("00000000000000a2", "resolved", new Date(Date.now() - 1_800_000).toISOString()),
        ],
    };
}
