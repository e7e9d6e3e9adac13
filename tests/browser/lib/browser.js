// Starts Chromium, and opens pages that record their problems.

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
 * Opens a page in its own context. Collects errors, policy violations, injected scripts that ran, and requests to other
 * origins in `problems`.
 */
export async function open(browser, url, options = {}) {
    const { width = 1280, height = 900, ...rest } = options;
    const context = await browser.newContext({ viewport: { width, height }, ...rest });
    const page = await context.newPage();
    const problems = watch(page, new URL(url).origin);
    if (options.javaScriptEnabled !== false) {
        await page.exposeBinding("reportProblem", (_, text) => problems.push(text));
        await page.addInitScript(reportIntrusions);
    }
    await page.goto(url);
    return { page, problems, close: () => context.close() };
}

/** Runs a function with an empty page, to which the status page's content security policy does not apply. */
export async function inBlankPage(browser, run) {
    const context = await browser.newContext();
    try {
        return await run(await context.newPage());
    } finally {
        await context.close();
    }
}

function reportIntrusions() {
    const report = globalThis.reportProblem;
    addEventListener("securitypolicyviolation", (event) => {
        report(`policy violation: ${event.violatedDirective} ${event.blockedURI}`);
    });
    // Hostile names try to set this variable.
    Object.defineProperty(globalThis, "hacked", {
        set: (value) => report(`an injected script ran: window.hacked = ${value}`),
    });
}

function watch(page, origin) {
    const problems = [];
    page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) problems.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => problems.push(`exception: ${error.message}`));
    page.on("dialog", (dialog) => {
        problems.push(`dialog: ${dialog.message()}`);
        dialog.dismiss();
    });
    page.on("popup", (popup) => problems.push(`popup: ${popup.url()}`));
    page.on("request", (request) => {
        const url = new URL(request.url());
        if (url.origin !== origin && url.protocol !== "data:") problems.push(`request to ${request.url()}`);
    });
    return problems;
}

/** Returns by how many pixels the content is wider than the window. */
export function overflow(page) {
    return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Opens all `details` elements. */
export function unfold(page) {
    return page.locator("details").evaluateAll((all) => all.forEach((details) => (details.open = true)));
}
