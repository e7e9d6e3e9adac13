// Reads the elements of the page that services/dashboard-ui/src/lib.rs documents.

import assert from "node:assert/strict";
import { inBlankPage } from "./browser.js";
import { until } from "./wait.js";

/** Returns a target's row, or the section of the target on its own page. */
export function target(page, name) {
    return page.locator(`[data-target="${quoted(name)}"]`);
}

/** Returns a target's state: up, down, maintenance or unknown. */
export function stateOf(page, name) {
    return target(page, name).locator(".state").first().getAttribute("data-state");
}

/** Returns the overall state: up, impaired, down, maintenance, unknown or blind. */
export function overall(page) {
    return page.locator("body").getAttribute("data-overall");
}

/** Returns whether the page shows that the lab is blind, or that the page has lost its connection. */
export async function isBlind(page) {
    const [blind, lost] = await page
        .locator("body")
        .evaluate((body) => [body.classList.contains("blind"), body.classList.contains("lost")]);
    return blind || lost;
}

/** Returns whether the page is blind and names this part as the reason. */
export async function isBlindBecauseOf(page, part) {
    if (part === "dashboard-ui") return page.locator("body").evaluate((body) => body.classList.contains("lost"));
    const unavailable = page.locator(".parts li", { has: page.locator("strong") });
    return (await isBlind(page)) && (await unavailable.filter({ hasText: part }).count()) > 0;
}

/** Waits until a target has a state, at most `seconds` from `since` (ms). Returns the seconds from `since`. */
export async function showsState(page, name, state, since, seconds) {
    const selector = `[data-target="${quoted(name)}"] .state[data-state="${state}"]`;
    await page.waitForSelector(selector, { timeout: Math.max(1, since + seconds * 1000 - Date.now()) });
    return (Date.now() - since) / 1000;
}

/** Waits until the overall state is up and the page is not blind. */
export async function isGreen(page, seconds = 60) {
    await until(seconds, "the page is green", async () => (await overall(page)) === "up" && !(await isBlind(page)));
    assert.ok((await greenPixels(page)) > 0, "the page has green pixels");
}

/** Returns the number of green pixels in the visible part of the page. */
export async function greenPixels(page) {
    const picture = (await page.screenshot()).toString("base64");
    const url = `data:image/png;base64,${picture}`;
    return inBlankPage(page.context().browser(), (blank) => blank.evaluate(countGreen, url));
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
        // Green dominates clearly; this excludes the anti-aliased edges of text.
        if (green > red + 40 && green > blue + 20) count += 1;
    }
    return count;
}

function quoted(text) {
    return text.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\a ");
}
