// A reader who looks for two seconds sees what is down, since when and why, without scrolling.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { highest, layoutProblems, onFirstScreen } from "../lib/layout.js";
import { until } from "../lib/wait.js";
import { shows } from "./layout.js";

const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 360, height: 740 };

/** Pixels. */
const ROW_MAX = 40;

export function firstScreen(stage) {
    const { lab } = stage;

    describe("the first screen", () => {
        stage.scene("has a dozen incidents, one row each, in words", async (scene) => {
            await shows(lab, { count: 61, groups: 6, situation: "all down" });
            const page = await scene.open("/", DESKTOP);
            assert.equal(await onFirstScreen(page, "#incidents .incident"), 12);
            assert.ok((await highest(page, "#incidents .incident")) <= ROW_MAX);
            assert.match(
                await page.locator("#incidents .incident").first().innerText(),
                /video-service-0 is down · 9 min · HTTP 503 · error budget burning/,
            );
            assert.equal(await page.locator("#incidents .more a").innerText(), "49 more");
            const names = await page.locator("#incidents .what").allInnerTexts();
            assert.ok(names.every((text) => !/TargetDown|ErrorBudget/.test(text)), "alert names are only in the details");
            await page.locator("#incidents summary").first().click();
            assert.match(await page.locator("#incidents .inside").first().innerText(), /TargetDown/);
            assert.match(await page.locator("#incidents .inside a").first().innerText(), /Runbook/);
        });

        stage.scene("has a target or an incident on a phone", async (scene) => {
            for (const situation of ["nothing down", "two down"]) {
                await shows(lab, { count: 5, groups: 0, situation });
                const page = await scene.open("/", PHONE);
                const first = situation === "two down" ? "#incidents .incident" : "#targets .target";
                assert.ok((await onFirstScreen(page, first)) >= 1, situation);
            }
        });

        stage.scene("says once that everything is up, and how old it is in one line", async (scene) => {
            await shows(lab, { count: 5, groups: 0, situation: "nothing down" });
            const page = await scene.open("/", DESKTOP);
            const summary = await page.locator("#summary").innerText();
            assert.equal(summary.match(/\bup\b/gi).length, 1, summary);
            assert.match(summary, /updated (\d+ s ago|just now)/);
            assert.ok(await page.locator("#made").isHidden(), "more times are on demand");
            await page.locator("#sources > summary").click();
            assert.ok(await page.locator("#made").isVisible());
        });

        stage.scene("is amber while alerts of a target remain that is up again", async (scene) => {
            await shows(lab, { count: 5, groups: 0, situation: "nothing down", recovered: 2 });
            const page = await scene.open("/", DESKTOP);
            const headline = page.locator("#headline");
            await until(15, "the incidents", async () => (await headline.innerText()) === "All 5 targets are up; 2 incidents not closed");
            assert.equal(await page.locator("body").getAttribute("data-overall"), "alerting");
            assert.match(await page.locator("#summary .notice").first().innerText(), /video-service-0: up again since .*; budget alerts remain/);
            assert.equal(await page.locator("#incidents .incident.caution").count(), 2);
            assert.equal(await page.locator("#incidents .incident.down").count(), 0);
        });

        stage.scene("has targets that are down before their alerts fire", async (scene) => {
            await shows(lab, { count: 5, groups: 0, situation: "two down", withoutAlert: true });
            const page = await scene.open("/", DESKTOP);
            await until(15, "rows without alerts", async () => (await page.locator("#incidents .incident").count()) === 2);
            assert.match(await page.locator("#incidents .incident").first().innerText(), /is down · 9 min · HTTP 503 · no alert/);
        });

        stage.scene("has announcements above the incidents", async (scene) => {
            await shows(lab, { count: 5, groups: 0, situation: "two down", announced: true });
            const page = await scene.open("/", DESKTOP);
            await page.waitForSelector(".message");
            const [message, incidents] = await page.locator(".message, #incidents").evaluateAll((all) => all.map((it) => it.getBoundingClientRect().top));
            assert.ok(message < incidents);
            assert.match(await page.locator(".message").innerText(), /We move the database[^]*until[^]*back by noon/);
            assert.deepEqual(await layoutProblems(page), []);
        });

        stage.scene("opens at the shortest range that holds the history", async (scene) => {
            for (const [age, range] of [[20 * 60_000, "1 hour"], [5 * 3_600_000, "24 hours"], [3 * 86_400_000, "7 days"]]) {
                await shows(lab, { count: 5, groups: 0, situation: "nothing down", age });
                const page = await scene.open("/", DESKTOP);
                await until(10, range, async () => {
                    await page.reload();
                    return (await page.locator(".ranges a[aria-current]").innerText()) === range;
                });
                assert.match(await page.locator(".ranges .young").innerText(), /^since/);
            }
        });
    });

    describe("what happened", () => {
        stage.scene("is listed day by day, also days without incidents", async (scene) => {
            await shows(lab, { count: 5, groups: 0, situation: "nothing down" });
            const page = await scene.open("/", DESKTOP);
            const days = page.locator("#past .day");
            await until(15, "seven days", async () => {
                await page.reload();
                return (await days.count()) === 7;
            });
            assert.match(await days.nth(0).innerText(), /Today[^]*no incidents/);
            assert.match(await page.locator("#past").innerText(), /was down · 9 min · HTTP 503/);
        });
    });
}
