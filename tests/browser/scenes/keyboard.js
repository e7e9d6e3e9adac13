// Uses the page only by keyboard.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { until } from "../lib/wait.js";

/** An upper bound for the focusable elements of a page. */
const STOPS_MAX = 150;

export function keyboard(stage) {
    describe("by keyboard alone", () => {
        stage.scene("the first stop is a link that skips the header", async (scene) => {
            const page = await scene.open();
            await page.keyboard.press("Tab");
            const first = await stop(page);
            assert.match(first.text, /skip/i);
            assert.ok(first.visible, "it is visible when it has the focus");
            await page.keyboard.press("Enter");
            await until(2, "the focus is in the content", () =>
                page.evaluate(() => document.getElementById("main").contains(document.activeElement)),
            );
            await page.keyboard.press("Tab");
            assert.ok(await page.evaluate(() => document.activeElement.closest("#main")), "the next stop is in the content");
        });

        for (const path of ["/", "/targets/demo", "/incidents", "/maintenance"]) {
            stage.scene(`the stops of ${path} are visible, and in document order`, async (scene) => {
                const page = await scene.open(path);
                const stops = [];
                while (stops.length < STOPS_MAX) {
                    await page.keyboard.press("Tab");
                    const next = await stop(page);
                    if (next === null) break;
                    stops.push(next);
                }
                assert.ok(stops.length >= 5, `${stops.length} stops`);
                assert.ok(stops.length < STOPS_MAX, "the focus leaves the page again");
                for (const { text, visible, hasFocusRing, index } of stops) {
                    assert.ok(visible, `${text} is within the window, not covered`);
                    assert.ok(hasFocusRing, `${text} shows that it has the focus`);
                    assert.notEqual(text, "", `stop ${index} has a name`);
                }
                const indices = stops.map(({ index }) => index);
                assert.deepEqual(indices, [...indices].sort((a, b) => a - b), "the stops are in document order");
                const reachable = await page.evaluate(countStops);
                assert.equal(stops.length, reachable, "every control is a stop");
            });
        }

        stage.scene("a target is found and opened", async (scene) => {
            const page = await scene.open();
            await tabTo(page, "#search");
            await page.keyboard.type("refunds");
            await page.keyboard.press("Enter");
            await page.waitForURL(/search=refunds/);
            await tabTo(page, '[data-target="refunds"] a');
            await page.keyboard.press("Enter");
            await page.waitForURL(/targets\/refunds/);
            assert.equal(await page.locator("h1").innerText(), "refunds");
            await tabTo(page, "details summary");
            await page.keyboard.press("Enter");
            assert.ok(await page.locator("details[open] table").first().isVisible(), "the table of slots is visible");
        });

        stage.scene("the page is paused and resumed, and the focus stays on the button", async (scene) => {
            const page = await scene.open();
            await until(10, "a live page", async () => /live/i.test(await page.locator("#live").innerText()));
            await tabTo(page, "#pause");
            for (const [key, word] of [
                ["Enter", /pause/i],
                ["Space", /live/i],
            ]) {
                await page.keyboard.press(key);
                await until(10, `${word}`, async () => word.test(await page.locator("#live").innerText()));
                assert.equal(await page.evaluate(() => document.activeElement.id), "pause");
            }
        });
    });
}

async function tabTo(page, selector) {
    for (let count = 0; count < STOPS_MAX; count += 1) {
        await page.keyboard.press("Tab");
        if (await page.evaluate((selector) => document.activeElement.matches(selector), selector)) return;
    }
    assert.fail(`the focus did not reach ${selector}`);
}

/** Describes the focused element; null if the focus has left the page. */
function stop(page) {
    return page.evaluate(() => {
        const element = document.activeElement;
        if (!element || element === document.body) return null;
        const { left, top, right, bottom } = element.getBoundingClientRect();
        const [x, y] = [(left + right) / 2, (top + bottom) / 2];
        const topmost = document.elementFromPoint(x, y);
        const style = getComputedStyle(element);
        const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
        return {
            text: (element.getAttribute("aria-label") || element.innerText || element.querySelector("img")?.alt || element.labels?.[0]?.innerText || element.name || "").trim(),
            visible: right > 0 && bottom > 0 && left < innerWidth && top < innerHeight
                && (element.contains(topmost) || Boolean(topmost?.contains(element))),
            hasFocusRing: element.matches(":focus-visible") && (outlined || style.boxShadow !== "none"),
            index: [...document.querySelectorAll("*")].indexOf(element),
        };
    });
}

function countStops() {
    const controls = "a[href], button, input, select, textarea, summary, [tabindex]";
    return [...document.querySelectorAll(controls)].filter(
        (element) => element.tabIndex >= 0 && !element.disabled && element.type !== "hidden" && element.checkVisibility(),
    ).length;
}
