// The bars say what each of their slots is.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { until } from "../lib/wait.js";

/** The time of a slot, and what happened in it. */
const SLOT = /^\d{1,2} \w{3} \d\d:\d\d–(\d{1,2} \w{3} )?(\d\d:\d\d|now)( UTC)? · \S/;

const BEFORE = /before this target was watched$/;

const BARS = [
    ["/", '[data-target="demo"] svg.bar'],
    ["/targets/demo", ".scrubber svg.bar"],
];

export function bars(stage) {
    describe("the bars", () => {
        for (const [path, bar] of BARS) {
            stage.scene(`of ${path} say what a slot is while the pointer is on it`, async (scene) => {
                const page = await scene.open(path);
                await pointAt(page, bar, 0.999);
                const newest = await tip(page);
                assert.match(newest, SLOT);
                assert.match(newest, /–now · .*\d+ of \d+ probes failed/);
                // The lab is younger than the range.
                await pointAt(page, bar, 0.001);
                await until(5, "the text of the first slot", async () => BEFORE.test(await tip(page)));
                await page.keyboard.press("Escape");
                assert.ok(await page.locator("#tip").isHidden(), "Escape hides the text");
                await pointAt(page, bar, 0.5);
                await tip(page);
                await page.mouse.move(1, 1);
                assert.ok(await page.locator("#tip").isHidden(), "the text is hidden without the pointer");
            });

            stage.scene(`of ${path} say what a slot is when tapped, and the page stays open`, async (scene) => {
                const page = await scene.open(path, { width: 360, hasTouch: true });
                const url = page.url();
                const { x, y, width, height } = await box(page, bar);
                await page.touchscreen.tap(x + width * 0.999, y + height / 2);
                assert.match(await tip(page), SLOT);
                const [left, right] = await page.locator("#tip").evaluate((element) => {
                    const box = element.getBoundingClientRect();
                    return [box.left, innerWidth - box.right];
                });
                assert.ok(left >= 0 && right >= 0, `the text is within the window: ${left}, ${right}`);
                assert.equal(page.url(), url);
            });

            stage.scene(`of ${path} say what a slot is by keyboard`, async (scene) => {
                const page = await scene.open(path);
                await page.keyboard.press("Tab");
                const focused = path === "/" ? bar : ".slots [tabindex='0']";
                await page.locator(focused).focus();
                assert.match(await tip(page), SLOT);
                const newest = await tip(page);
                await page.keyboard.press("ArrowLeft");
                await until(5, "the text of the slot before", async () => (await tip(page)) !== newest);
                await page.keyboard.press("Home");
                await until(5, "the text of the first slot", async () => BEFORE.test(await tip(page)));
                await page.keyboard.press("End");
                await until(5, "the text of the newest slot", async () => /–now/.test(await tip(page)));
                if (path === "/") {
                    const announcement = page.locator("#announcement");
                    await until(5, "the announcement", async () => SLOT.test(await announcement.innerText()));
                } else {
                    const stops = await page.locator(".slots [tabindex='0']").count();
                    assert.equal(stops, 1, "the slots are one stop");
                    const name = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
                    assert.match(name, SLOT, "a slot has a name");
                }
            });
        }

        stage.scene("say why probes failed", async (scene) => {
            const page = await scene.open("/targets/demo");
            try {
                await scene.lab.setFault("ok");
                const newest = page.locator(".slots :last-child");
                const isNamed = async () => /[1-9]\d* of \d+ probes failed · HTTP 503$/.test(await newest.getAttribute("aria-label"));
                await until(60, "the newest slot has the reason", isNamed);
            } finally {
                await scene.lab.clearFault("ok");
            }
        }, { seconds: 90 });

        stage.scene("have a legend and an axis", async (scene) => {
            for (const path of ["/", "/targets/demo"]) {
                const page = await scene.open(path);
                const legend = await page.locator(".legend").first().innerText();
                for (const word of ["up", "some probes failed", "down", "maintenance", "unknown", "before this target was watched"]) {
                    assert.ok(legend.includes(word), `${word} on ${path}`);
                }
                const axis = page.locator(".ticks:visible, .ends").first();
                assert.match(await axis.innerText(), /ago[^]*now/, path);
            }
        });

        stage.scene("say what a slot is without JavaScript, on the target's page", async (scene) => {
            const page = await scene.open("/targets/demo", { javaScriptEnabled: false });
            const titles = await page.locator(".slots > *").evaluateAll((slots) => slots.map(({ title }) => title));
            const width = await page.locator(".scrubber svg.bar").evaluate((bar) => bar.viewBox.baseVal.width);
            assert.equal(titles.length, width);
            for (const title of titles) assert.match(title, SLOT);
        });
    });
}

async function box(page, selector) {
    const element = page.locator(selector).first();
    await element.scrollIntoViewIfNeeded();
    return element.boundingBox();
}

/** Moves the pointer to a place of a bar: 0 is its start, 1 its end. */
async function pointAt(page, selector, place) {
    const { x, y, width, height } = await box(page, selector);
    await page.mouse.move(x + width * place, y + height / 2);
}

/** Waits until the text of a slot is visible, and returns it. */
async function tip(page) {
    const tip = page.locator("#tip");
    await tip.waitFor({ state: "visible", timeout: 5000 });
    return tip.innerText();
}
