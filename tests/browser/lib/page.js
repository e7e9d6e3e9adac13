// The elements of the page that the tests use; services/dashboard-ui/src/lib.rs lists them.

import assert from "node:assert/strict";
import { aside } from "./browser.js";
import { until } from "./wait.js";

/** The row of a target, or the target on its own page. */
export function target(page, name) {
    return page.locator(`[data-target="${quoted(name)}"]`);
}

/** The state of a target on a page: up, down, maintenance or unknown. */
export function stateOf(page, name) {
    return target(page, name).locator(".state").first().getAttribute("data-state");
}

/** The overall state: up, impaired, down, unknown or blind. */
export function overall(page) {
    return page.locator("body").getAttribute("data-overall");
}

/** Whether the page says that it can't be trusted: the lab is blind, or the page has lost its server. */
export async function distrusts(page) {
    const [blind, lost] = await page
        .locator("body")
        .evaluate((body) => [body.classList.contains("blind"), body.classList.contains("lost")]);
    return blind || lost;
}

/** Whether the page says that it can't be trusted because of this part. */
export async function distrustsFor(page, part) {
    if (part === "dashboard-ui") return page.locator("body").evaluate((body) => body.classList.contains("lost"));
    const troubled = page.locator(".parts li", { has: page.locator("strong") });
    return (await distrusts(page)) && (await troubled.filter({ hasText: part }).count()) > 0;
}

/** Waits until a page shows a state of a target; returns the seconds since `since` (ms). */
export async function showsState(page, name, state, since, seconds) {
    const selector = `[data-target="${quoted(name)}"] .state[data-state="${state}"]`;
    await page.waitForSelector(selector, { timeout: Math.max(1, since + seconds * 1000 - Date.now()) });
    return (Date.now() - since) / 1000;
}

/** Waits until the page is green and live, as for a healthy lab. */
export async function isGreen(page, seconds = 60) {
    await until(seconds, "a green page", async () => (await overall(page)) === "up" && !(await distrusts(page)));
    assert.ok((await greenPixels(page)) > 0, "a green page has something green");
}

/** The number of green pixels in the visible part of the page. */
export async function greenPixels(page) {
    const picture = (await page.screenshot()).toString("base64");
    const url = `data:image/png;base64,${picture}`;
    return aside(page.context().browser(), (blank) => blank.evaluate(countGreen, url));
}

async function countGreen(url) {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) {
        const [red, green, blue] = data.subarray(at, at + 3);
        // Green clearly dominates; this excludes text and its soft edges.
        if (green > red + 40 && green > blue + 20) count += 1;
    }
    return count;
}

function quoted(text) {
    return text.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\a ");
}
