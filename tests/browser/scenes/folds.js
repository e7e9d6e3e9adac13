// Groups, their folds, the filters, and rows that are links.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { until } from "../lib/wait.js";
import { shows } from "./layout.js";

export function folds(stage) {
    const { lab } = stage;
    const world = { count: 61, groups: 6, situation: "two down" };

    describe("groups", () => {
        stage.scene("are folded while all is up; trouble is unfolded and first", async (scene) => {
            await shows(lab, world);
            for (const javaScriptEnabled of [true, false]) {
                const page = await scene.open("/", { javaScriptEnabled });
                const groups = await page.locator("details.group").evaluateAll((all) =>
                    all.map((group) => [group.open, group.querySelector("summary").dataset.state]),
                );
                assert.equal(groups.length, 6);
                assert.deepEqual(groups.map(([open]) => open), [true, ...Array(5).fill(false)].map((_, index) => groups[index][1] === "down"));
                const states = groups.map(([, state]) => state);
                assert.deepEqual(states, [...states].sort(), "down comes before up");
                const first = page.locator("details.group[open] .target").first();
                assert.equal(await first.locator(".state").getAttribute("data-state"), "down");
                assert.match(await page.locator("details.group[open] > summary").first().innerText(), /Team \d[^]*\d+ of \d+ up[^]*\d+\.\d\d%/);
            }
        });

        stage.scene("that the reader opened or closed stay so", async (scene) => {
            await shows(lab, world);
            const page = await scene.open();
            const opened = page.locator("details.group:not([open])").first();
            const openedId = await opened.getAttribute("id");
            const closedId = await page.locator("details.group[open]").first().getAttribute("id");
            await page.locator(`#${openedId} > summary h3`).click();
            await page.locator(`#${closedId} > summary h3`).click();
            lab.gateway.set({ situation: "nothing down" });
            await until(20, "all is up", async () => /All 61/.test(await page.locator("#headline").innerText()));
            lab.gateway.set({ situation: "two down" });
            await until(20, "two are down", async () => /2 of 61/.test(await page.locator("#headline").innerText()));
            // Longer than the delay of a fetch of the whole page.
            await page.waitForTimeout(3_000);
            assert.equal(await page.locator(`#${openedId}`).getAttribute("open"), "");
            assert.equal(await page.locator(`#${closedId}`).getAttribute("open"), null);
        });

        stage.scene("have names for screen readers", async (scene) => {
            await shows(lab, world);
            const page = await scene.open();
            const tree = await page.locator("#targets").ariaSnapshot();
            assert.match(tree, /heading "Team \d"/);
            assert.match(tree, /img ".*available/);
        });
    });

    describe("filters", () => {
        stage.scene("apply on change, keep the place, and have counts", async (scene) => {
            await shows(lab, world);
            const page = await scene.open("/", { width: 1440 });
            assert.match(await page.locator("#state option[value=down]").innerText(), /Down \(2\)/);
            assert.ok(await page.locator("#filters button").isHidden(), "the button is for pages without script");
            await page.evaluate(() => scrollTo(0, 200));
            await page.selectOption("#state", "down");
            await page.waitForURL(/state=down/);
            await until(5, "two rows", async () => (await page.locator("#targets .target").count()) === 2);
            assert.ok(await page.evaluate(() => scrollY > 0 || document.documentElement.scrollHeight <= innerHeight + 200));
        });

        stage.scene("keep the place without script", async (scene) => {
            await shows(lab, world);
            const page = await scene.open("/", { javaScriptEnabled: false });
            await page.selectOption("#state", "down");
            await page.locator("#filters button").click();
            await page.waitForURL(/state=down.*#targets$/);
            assert.equal(await page.locator("#targets .target").count(), 2);
        });
    });

    describe("a row", () => {
        stage.scene("is a link as a whole, and its address can be selected", async (scene) => {
            await shows(lab, { count: 5, groups: 0, situation: "nothing down" });
            const page = await scene.open("/", { width: 1440 });
            const row = page.locator("#targets .target").first();
            const box = await row.boundingBox();
            const address = await row.locator(".url").evaluate((url) => {
                const { left, top, height } = url.getBoundingClientRect();
                return document.elementFromPoint(left + 5, top + height / 2) === url;
            });
            assert.ok(address, "the address is above the link");
            await page.mouse.click(box.x + box.width - 4, box.y + box.height - 4);
            await page.waitForURL(/targets\/video-service-0/).catch(() => {});
            assert.match(page.url(), /targets\//);
        });
    });
}
