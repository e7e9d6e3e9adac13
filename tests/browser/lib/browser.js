// Chromium, and pages that tell what went wrong in them.

import { chromium } from "playwright-core";
import { findChromium } from "../find-chromium.js";

/** Starts a headless Chromium that talks to nobody but the page. */
export function launch() {
    return chromium.launch({
        executablePath: findChromium(),
        chromiumSandbox: process.getuid?.() !== 0,
        args: ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"],
    });
}

/** A page of its own context, with what went wrong in it collected in `troubles`. */
export async function open(browser, url, options = {}) {
    const { width = 1280, height = 900, ...rest } = options;
    const context = await browser.newContext({ viewport: { width, height }, ...rest });
    const page = await context.newPage();
    const troubles = watch(page, new URL(url).origin);
    if (options.javaScriptEnabled !== false) {
        await page.addInitScript(() => {
            globalThis.hacked = undefined;
            globalThis.violations = [];
            addEventListener("securitypolicyviolation", (event) => {
                globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
            });
        });
    }
    await page.goto(url, { waitUntil: "load" });
    return { page, troubles, close: () => context.close() };
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

/** Everything that went wrong in a page so far, policy violations and foreign scripts that ran among them. */
export async function troublesOf({ page, troubles }) {
    const { violations, hacked } = await page.evaluate(() => ({
        violations: globalThis.violations ?? [],
        hacked: globalThis.hacked,
    }));
    return [
        ...troubles,
        ...violations.map((violation) => `policy violation: ${violation}`),
        ...(hacked === undefined ? [] : [`a foreign script ran: window.hacked = ${hacked}`]),
    ];
}

/** How much wider the content is than the window, in pixels. */
export function overflow(page) {
    return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
