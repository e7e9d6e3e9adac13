// An open page shows changes as they happen.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { isGreen, overall, showsState, stateOf, target } from "../lib/page.js";
import { until } from "../lib/wait.js";

export function live(stage) {
    const { lab } = stage;

    describe("an open page", () => {
        for (const path of ["/", "/targets/demo"]) {
            stage.scene(`${path} turns red and green again by itself, within one interval and 2 s`, async (scene) => {
                const page = await scene.open(path);
                const { targets } = await lab.json("api-gateway", "/api/v1/status");
                const limit = targets.find(({ target: name }) => name === "demo").interval_seconds + 2;
                await isLive(page);
                await page.evaluate(() => (globalThis.notReloaded = true));
                try {
                    const red = await showsState(page, "demo", "down", await lab.setFault("ok"), limit);
                    console.log(`${path} red after ${red.toFixed(2)} s of ${limit} s`);
                    await until(2, "the whole page says so", async () => (await overall(page)) === "down");
                    assert.match(await page.title(), /^Down/);
                    if (path === "/") {
                        assert.match(await target(page, "demo").innerText(), /because/, "the reason in words");
                        await until(3, "it is read out", async () =>
                        (await page.locator("#announcement").innerText()).includes("demo is down"),
                    );
                    }
                } finally {
                    await lab.clearFault("ok");
                }
                const green = await showsState(page, "demo", "up", Date.now(), limit);
                console.log(`${path} green after ${green.toFixed(2)} s of ${limit} s`);
                await isGreen(page, 5);
                assert.ok(await page.evaluate(() => globalThis.notReloaded), "it was not reloaded");
            });
        }

        stage.scene("stays as it is while it is paused, and says so", async (scene) => {
            const page = await scene.open();
            await isLive(page);
            await page.click("#pause");
            assert.match(await page.locator("#live").innerText(), /pause/i);
            try {
                await lab.setFault("ok");
                const down = async () => (await lab.json("api-gateway", "/api/v1/status")).counts.down === 1;
                await until(10, "the gateway knows", down);
                // Longer than an open page needs.
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
