// An open page shows changes without a reload.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { isGreen, overall, showsState, stateOf, target } from "../lib/page.js";
import { until } from "../lib/wait.js";

export function live(stage) {
    const { lab } = stage;

    describe("an open page", () => {
        for (const path of ["/", "/targets/demo"]) {
            stage.scene(`${path} turns red and green without a reload, within one interval and 2 s`, async (scene) => {
                const page = await scene.open(path);
                const { targets } = await lab.json("api-gateway", "/api/v1/status");
                const limit = targets.find(({ target: name }) => name === "demo").interval_seconds + 2;
                await isLive(page);
                await page.evaluate(() => (globalThis.notReloaded = true));
                try {
                    const red = await showsState(page, "demo", "down", await lab.setFault("ok"), limit);
                    console.log(`${path} red after ${red.toFixed(2)} s of ${limit} s`);
                    await until(2, "the overall state is down", async () => (await overall(page)) === "down");
                    assert.match(await page.title(), /^Down/);
                    if (path === "/") {
                        assert.match(await target(page, "demo").innerText(), /because/, "the row has a reason");
                        const announcement = page.locator("#announcement");
                        const isAnnounced = async () => (await announcement.innerText()).includes("demo is down");
                        await until(3, "the announcement for screen readers", isAnnounced);
                    }
                } finally {
                    await lab.clearFault("ok");
                }
                const green = await showsState(page, "demo", "up", Date.now(), limit);
                console.log(`${path} green after ${green.toFixed(2)} s of ${limit} s`);
                await isGreen(page, 5);
                assert.ok(await page.evaluate(() => globalThis.notReloaded), "the page was not reloaded");
            });
        }

        stage.scene("does not change while it is paused", async (scene) => {
            const page = await scene.open();
            await isLive(page);
            await page.click("#pause");
            assert.match(await page.locator("#live").innerText(), /pause/i);
            try {
                await lab.setFault("ok");
                const down = async () => (await lab.json("api-gateway", "/api/v1/status")).counts.down === 1;
                await until(10, "the gateway reports the target as down", down);
                // Longer than an open page needs to show a change.
                await page.waitForTimeout(2000);
                assert.equal(await stateOf(page, "demo"), "up");
                await page.click("#pause");
                await showsState(page, "demo", "down", Date.now(), 4);
            } finally {
                await lab.clearFault("ok");
            }
            await showsState(page, "demo", "up", Date.now(), 6);
        });
    });
}

async function isLive(page) {
    await until(10, "a live page", async () => /live/i.test(await page.locator("#live").innerText()));
    await isGreen(page, 10);
}
