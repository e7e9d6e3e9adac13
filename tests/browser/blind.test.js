// The page never looks good while a part does not answer.

import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { distrusts, distrustsFor, greenPixels, isGreen, overall } from "./lib/page.js";
import { Stage } from "./lib/stage.js";
import { until } from "./lib/wait.js";

const stage = await Stage.of("blind");
const { lab } = stage;

/** Seconds within which an open page reports a part that does not answer, and its return. */
const LIMIT = 20;

/** The time that colours take to fade. */
const FADE = 1;

before(() => lab.isSettled());
after(() => stage.close());

describe("a part that stops answering", () => {
    for (const part of ["ping-agent", "api-gateway", "prometheus", "alert-logger", "dashboard-ui"]) {
        stage.scene(`${part}: the open page is not green, and says since when`, async (scene) => {
            const page = await scene.open();
            await isGreen(page);
            await lab.refresh();
            const since = Date.now();
            lab.hold(part);
            try {
                // On a busy machine another part may be late for a moment, and the page may report that one first.
                await until(LIMIT, "the page distrusts what it shows", () => distrustsFor(page, part));
                console.log(`${part}: the page says so after ${((Date.now() - since) / 1000).toFixed(1)} s`);
                await saysBlind(page);
                // A page opened now shows the same, with scripts and without.
                if (part !== "dashboard-ui") {
                    for (const javaScriptEnabled of [true, false]) {
                        await saysBlind(await scene.open("/", { javaScriptEnabled }));
                    }
                }
            } finally {
                lab.release(part);
            }
            await isGreen(page, LIMIT);
        }, { seconds: 90, troubled: true });
    }

    stage.scene("a dashboard-ui that was replaced is found again without a reload", async (scene) => {
        const page = await scene.open();
        await isGreen(page);
        await page.evaluate(() => (globalThis.notReloaded = true));
        await lab.refresh();
        lab.kill("dashboard-ui");
        await until(LIMIT, "it is live again", async () => /live/i.test(await page.locator("#live").innerText()));
        await isGreen(page, LIMIT);
        assert.ok(await page.evaluate(() => globalThis.notReloaded));
    }, { troubled: true });
});

async function saysBlind(page) {
    assert.notEqual(await overall(page), "up");
    assert.ok(await distrusts(page));
    await until(FADE, "nothing is green", async () => (await greenPixels(page)) === 0);
    assert.match(await page.locator("body").innerText(), /since/i);
}
