// Hostile names of targets and labels of alerts are shown as text and stay in their place.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe } from "node:test";
import { aside, overflow, unfold } from "./lib/browser.js";
import { showsState } from "./lib/page.js";
import { Stage } from "./lib/stage.js";

const stage = await Stage.of("hostile");
const { lab } = stage;
const LONG = "<b>0123456".repeat(1000);
let targets;

before(async () => {
    const alerts = await readFile(new URL("../api/hostile_alerts.json", import.meta.url), "utf8");
    await lab.notify(JSON.parse(alerts.replaceAll("LONG", LONG)));
    ({ targets } = await lab.json("api-gateway", "/api/v1/status"));
});
after(() => stage.close());

describe("hostile names", () => {
    for (const width of [360, 1920]) {
        stage.scene(`are text in the overview, ${width} px wide`, async (scene) => {
            const page = await scene.open("/", { width });
            const shown = await page
                .locator("#targets .target")
                .evaluateAll((rows) => rows.map((row) => row.dataset.target));
            assert.deepEqual(shown.sort(), targets.map(({ target }) => target).sort());
            const [lefts, rights] = await page.locator("#targets .target .now").evaluateAll((cells) => {
                const places = cells.map((cell) => cell.getBoundingClientRect());
                return [places.map(({ left }) => Math.round(left)), places.map(({ right }) => Math.round(right))];
            });
            const isColumn = (places) => new Set(places).size === 1;
            assert.ok(isColumn(lefts) || isColumn(rights), `the states are a column: ${lefts} to ${rights}`);
            assert.ok((await overflow(page)) <= 0, "it does not scroll sideways");
        });

        stage.scene(`are text in the incidents, ${width} px wide`, async (scene) => {
            const page = await scene.open("/incidents", { width });
            await unfold(page);
            assert.match(await page.locator("body").innerText(), /<script>window\.hacked=11<\/script>/);
            assert.ok((await overflow(page)) <= 0, "it does not scroll sideways");
            const links = await page.locator("a").evaluateAll((all) => all.map(({ protocol }) => protocol));
            assert.ok(!links.includes("javascript:"), "no link runs a script");
        });
    }

    stage.scene("have each a page of their own", async (scene) => {
        const page = await scene.open();
        const links = await page
            .locator("#targets .target h3 a")
            .evaluateAll((all) => all.map((link) => [link.closest(".target").dataset.target, link.href]));
        await page.setViewportSize({ width: 360, height: 900 });
        for (const [name, link] of links) {
            await page.goto(link);
            assert.equal(await page.locator("section[data-target]").first().getAttribute("data-target"), name);
            assert.ok((await overflow(page)) <= 0, `${name} does not scroll sideways`);
        }
    }, { seconds: 120 });

    stage.scene("are text in what comes to an open page", async (scene) => {
        const page = await scene.open();
        try {
            await showsState(page, "__proto__", "down", await lab.setFault("prototype"), 10);
            const markup = "'-(window.hacked=4)-' ${window.hacked=5} {{7*7}} <!-- ]]> </script></style></title>";
            await showsState(page, markup, "down", await lab.setFault("quotes"), 10);
        } finally {
            await lab.clearFault("prototype");
            await lab.clearFault("quotes");
        }
        await showsState(page, "__proto__", "up", Date.now(), 10);
    });

    stage.scene("are text in the search", async (scene) => {
        const page = await scene.open();
        for (const { target } of targets) {
            await page.fill("#search", target);
            await page.press("#search", "Enter");
            await page.waitForURL(/search=/);
            assert.equal(await page.inputValue("#search"), target);
            await page.goto(lab.url("dashboard-ui"));
        }
    }, { seconds: 120 });

    stage.scene("are text in the feed", async (scene) => {
        const feed = await fetch(lab.url("dashboard-ui", "/feed.atom"));
        const [trouble, entries] = await aside(scene.browser, async (page) => page.evaluate(readFeed, await feed.text()));
        assert.equal(trouble, null, "the feed is XML");
        assert.ok(entries >= 2, "it has the incidents");
    });
});

function readFeed(text) {
    const xml = new DOMParser().parseFromString(text, "application/xml");
    return [xml.querySelector("parsererror")?.textContent ?? null, xml.querySelectorAll("entry").length];
}
