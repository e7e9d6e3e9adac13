// Chromium, and pages that record their errors.

import { chromium } from "playwright-core";
import { findChromium } from "../find-chromium.js";

/** Starts a headless Chromium that connects only to the page. */
export function launch() {
    return chromium.launch({
        executablePath: findChromium(),
        chromiumSandbox: process.getuid?.() !== 0,
        args: ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"],
    });
}

/**
 * Opens a page in its own context. Collects its problems in `troubles`: errors, policy violations, foreign scripts that ran,
 * requests to other origins.
 */
export async function open(browser, url, options = {}) {
    const { width = 1280, height = 900, ...rest } = options;
    const context = await browser.newContext({ viewport: { width, height }, ...rest });
    const page = await context.newPage();
    const troubles = watch(page, new URL(url).origin);
    if (options.javaScriptEnabled !== false) {
        await page.exposeBinding("tellTest", (_, text) => troubles.push(text));
        await page.addInitScript(tellOfIntruders);
    }
    await page.goto(url);
    return { page, troubles, close: () => context.close() };
}

/** Runs something in an empty page, to which the status page's policy does not apply. */
export async function aside(browser, what) {
    const context = await browser.newContext();
    try {
        return await what(await context.newPage());
    } finally {
        await context.close();
    }
}

function tellOfIntruders() {
    const tell = globalThis.tellTest;
    addEventListener("securitypolicyviolation", (event) => {
        tell(`policy violation: ${event.violatedDirective} ${event.blockedURI}`);
    });
    // The variables that hostile names try to set.
    Object.defineProperty(globalThis, "hacked", {
        set: (value) => tell(`a foreign script ran: window.hacked = ${value}`),
    });
}

function watch(page, origin) {
    const troubles = [];
    page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) troubles.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => troubles.push(`exception: ${error.message}`));
    page.on("dialog", (dialog) => {
        troubles.push(`dialog: ${dialog.message()}`);
        dialog.dismiss();
    });
    page.on("popup", (popup) => troubles.push(`popup: ${popup.url()}`));
    page.on("request", (request) => {
        const url = new URL(request.url());
        if (url.origin !== origin && url.protocol !== "data:") troubles.push(`request to ${request.url()}`);
    });
    return troubles;
}

/** How many pixels wider the content is than the window. */
export function overflow(page) {
    return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Unfolds all details. */
export function unfold(page) {
    return page.locator("details").evaluateAll((all) => all.forEach((details) => (details.open = true)));
}
