// Hostile target names and alert labels are shown as text and do not break the layout.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe } from "node:test";
import { inBlankPage, overflow, unfold } from "./lib/browser.js";
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
                const boxes = cells.map((cell) => cell.getBoundingClientRect());
                return [boxes.map(({ left }) => Math.round(left)), boxes.map(({ right }) => Math.round(right))];
            });
            const isColumn = (edges) => new Set(edges).size === 1;
            assert.ok(isColumn(lefts) || isColumn(rights), `the states are aligned: ${lefts} to ${rights}`);
            assert.ok((await overflow(page)) <= 0, "no horizontal scrolling");
        });

        stage.scene(`are text in the incidents, ${width} px wide`, async (scene) => {
            const page = await scene.open("/incidents", { width });
            await unfold(page);
            assert.match(await page.locator("body").innerText(), /<script>window\.hacked=11<\/script>/);
            assert.ok((await overflow(page)) <= 0, "no horizontal scrolling");
            const links = await page.locator("a").evaluateAll((all) => all.map(({ protocol }) => protocol));
            assert.ok(!links.includes("javascript:"), "no link runs a script");
        });
    }

    stage.scene("each have a page", async (scene) => {
        const page = await scene.open();
        const links = await page
            .locator("#targets .target h3 a")
            .evaluateAll((all) => all.map((link) => [link.closest(".target").dataset.target, link.href]));
        await page.setViewportSize({ width: 360, height: 900 });
        for (const [name, link] of links) {
            await page.goto(link);
            assert.equal(await page.locator("section[data-target]").first().getAttribute("data-target"), name);
            assert.ok((await overflow(page)) <= 0, `${name}: no horizontal scrolling`);
        }
    }, { seconds: 120 });

    stage.scene("are text in events", async (scene) => {
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
        const [error, entries] = await inBlankPage(scene.browser, async (page) => page.evaluate(readFeed, await feed.text()));
        assert.equal(error, null, "the feed is XML");
        assert.ok(entries >= 2, "the feed has the incidents");
    });
});

function readFeed(text) {
    const xml = new DOMParser().parseFromString(text, "application/xml");
    return [xml.querySelector("parsererror")?.textContent ?? null, xml.querySelectorAll("entry").length];
}
