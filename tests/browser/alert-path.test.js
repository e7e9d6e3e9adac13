// The page shows that alerts are not delivered when the Watchdog is overdue.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { distrusts, greenPixels, isGreen } from "./lib/page.js";
import { Stage } from "./lib/stage.js";
import { until } from "./lib/wait.js";

const stage = await Stage.of("alert-path");
const { lab } = stage;

/** The allowed age of the last Watchdog, plus the time until the page shows it. */
const LIMIT = 150 + 10;

before(() => lab.isSettled());
after(() => stage.close());

stage.scene("without Alertmanager the open page is blind as soon as the Watchdog is overdue", async (scene) => {
    const page = await scene.open();
    await isGreen(page);
    await lab.refresh();
    const heldAt = Date.now();
    lab.hold("alertmanager");
    try {
        await until(LIMIT, "the page distrusts what it shows", () => distrusts(page));
        console.log(`alertmanager: the page says so after ${((Date.now() - heldAt) / 1000).toFixed(0)} s`);
        await until(1, "nothing is green", async () => (await greenPixels(page)) === 0);
        assert.match(await page.locator(".notice").first().innerText(), /blind since/i);
    } finally {
        lab.release("alertmanager");
    }
    // The Watchdog arrives every minute.
    await isGreen(page, 90);
}, { seconds: 300 });
