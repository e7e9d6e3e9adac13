// The page becomes blind when Watchdog is overdue, because alerts are no longer delivered.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { isBlind, greenPixels, isGreen } from "./lib/page.js";
import { Stage } from "./lib/stage.js";
import { until } from "./lib/wait.js";

const stage = await Stage.of("alert-path");
const { lab } = stage;

/** Seconds: the allowed age of the last Watchdog, plus the time until the page shows it. */
const LIMIT = 150 + 10;

before(() => lab.isSettled());
after(() => stage.close());

stage.scene("without Alertmanager the open page becomes blind when Watchdog is overdue", async (scene) => {
    const page = await scene.open();
    await isGreen(page);
    await lab.refresh();
    const frozenAt = Date.now();
    lab.freeze("alertmanager");
    try {
        await until(LIMIT, "the page is blind", () => isBlind(page));
        console.log(`alertmanager: the page is blind after ${((Date.now() - frozenAt) / 1000).toFixed(0)} s`);
        await until(1, "nothing is green", async () => (await greenPixels(page)) === 0);
        assert.match(await page.locator(".notice").first().innerText(), /blind since/i);
    } finally {
        lab.unfreeze("alertmanager");
    }
    // Watchdog arrives every minute.
    await isGreen(page, 90);
}, { seconds: 300 });
