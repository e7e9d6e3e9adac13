// The page is never green while a part does not answer.

import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { isBlind, isBlindBecauseOf, greenPixels, isGreen, overall } from "./lib/page.js";
import { Stage } from "./lib/stage.js";
import { until } from "./lib/wait.js";

const stage = await Stage.of("blind");
const { lab } = stage;

/** Seconds within which an open page shows that a part stopped answering, or answers again. */
const LIMIT = 20;

/** Seconds that colours take to fade. */
const FADE = 1;

before(() => lab.isSettled());
after(() => stage.close());

describe("a part that stops answering", () => {
    for (const part of ["ping-agent", "api-gateway", "prometheus", "alert-logger", "dashboard-ui"]) {
        stage.scene(`${part}: the open page is blind and shows since when`, async (scene) => {
            const page = await scene.open();
            await isGreen(page);
            await lab.refresh();
            const since = Date.now();
            lab.freeze(part);
            try {
                // On a busy machine another part may be late, and the page may report that one first.
                await until(LIMIT, "the page is blind", () => isBlindBecauseOf(page, part));
                console.log(`${part}: the page is blind after ${((Date.now() - since) / 1000).toFixed(1)} s`);
                await showsBlindness(page);
                // A page opened now shows the same, with scripts and without.
                if (part !== "dashboard-ui") {
                    for (const javaScriptEnabled of [true, false]) {
                        await showsBlindness(await scene.open("/", { javaScriptEnabled }));
                    }
                }
            } finally {
                lab.unfreeze(part);
            }
            await isGreen(page, LIMIT);
        }, { seconds: 90, expectsProblems: true });
    }

    stage.scene("an open page reconnects to a restarted dashboard-ui without a reload", async (scene) => {
        const page = await scene.open();
        await isGreen(page);
        await page.evaluate(() => (globalThis.notReloaded = true));
        await lab.refresh();
        lab.kill("dashboard-ui");
        await until(LIMIT, "the page is live again", async () => /live/i.test(await page.locator("#live").innerText()));
        await isGreen(page, LIMIT);
        assert.ok(await page.evaluate(() => globalThis.notReloaded));
    }, { expectsProblems: true });
});

async function showsBlindness(page) {
    assert.notEqual(await overall(page), "up");
    assert.ok(await isBlind(page));
    await until(FADE, "nothing is green", async () => (await greenPixels(page)) === 0);
    assert.match(await page.locator("body").innerText(), /since/i);
}
