// Takes pictures of pages, each in a context of its own.

import { join } from "node:path";
import { stat } from "node:fs/promises";

export class Studio {
    constructor(browser, folder) {
        this.browser = browser;
        this.folder = folder;
    }

    /** NAME.png of a page, at most `height` high. `settle`: milliseconds that it needs after it has loaded. */
    async take(name, url, { width = 1000, height = 800, scale = 2, colorScheme = "light", settle = 500 } = {}) {
        await this.#page({ width, height, scale, colorScheme }, async (page) => {
            await page.goto(url, { waitUntil: "load" });
            await page.waitForTimeout(settle);
            const whole = await page.evaluate(() => document.documentElement.scrollHeight);
            const clip = { x: 0, y: 0, width, height: Math.min(whole, height) };
            await this.#keep(name, (path) => page.screenshot({ path, clip }));
        });
    }

    /** NAME.png of one element of a page made of `html`, after `prepare` has done its work on the page. */
    async takeElement(name, html, selector, prepare = async () => {}) {
        await this.#page({ width: 1400, height: 900, scale: 2, colorScheme: "light" }, async (page) => {
            await page.setContent(html);
            await prepare(page);
            await this.#keep(name, (path) => page.locator(selector).screenshot({ path, omitBackground: true }));
        });
    }

    async #page({ width, height, scale, colorScheme }, what) {
        const context = await this.browser.newContext({
            viewport: { width, height },
            deviceScaleFactor: scale,
            colorScheme,
            reducedMotion: "reduce",
        });
        try {
            await what(await context.newPage());
        } finally {
            await context.close();
        }
    }

    async #keep(name, screenshot) {
        const path = join(this.folder, `${name}.png`);
        await screenshot(path);
        const { size } = await stat(path);
        console.log(`docs/screenshots/${name}.png  ${Math.ceil(size / 1000)} kB`);
    }
}
