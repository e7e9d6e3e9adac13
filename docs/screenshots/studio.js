// Takes pictures of pages, each in its own browser context.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";

/** Makes pictures sharp at the width at which GitHub shows them, and keeps them below 200 kB. */
const SCALE = 1.5;

export class Studio {
    constructor(browser, folder) {
        this.browser = browser;
        this.folder = folder;
    }

    /** Takes NAME.png of a page, at most `height` pixels high. `settle`: milliseconds to wait after the page has loaded. */
    async take(name, url, { width = 1180, height = 860, scale = SCALE, colorScheme = "light", settle = 500 } = {}) {
        await this.#page({ width, height, scale, colorScheme }, async (page) => {
            await page.goto(url, { waitUntil: "load" });
            await page.waitForTimeout(settle);
            const whole = await page.evaluate(() => document.documentElement.scrollHeight);
            const clip = { x: 0, y: 0, width, height: Math.min(whole, height) };
            await this.#keep(name, page.screenshot({ clip }));
        });
    }

    /** Takes NAME.png of one element of a page with the content `html`, after `prepare` has run on the page. */
    async takeElement(name, html, selector, prepare = async () => {}) {
        await this.#page({ width: 1400, height: 900, scale: SCALE, colorScheme: "light" }, async (page) => {
            await page.setContent(html);
            await prepare(page);
            await this.#keep(name, page.locator(selector).screenshot({ omitBackground: true }));
        });
    }

    async #page({ width, height, scale, colorScheme }, action) {
        const context = await this.browser.newContext({
            viewport: { width, height },
            deviceScaleFactor: scale,
            colorScheme,
            reducedMotion: "reduce",
        });
        try {
            await action(await context.newPage());
        } finally {
            await context.close();
        }
    }

    async #keep(name, picture) {
        // Pages have few colours: with a palette of 256 colours, a picture looks the same and has a third of the size.
        const png = await sharp(await picture).png({ palette: true, dither: 0, effort: 10 }).toBuffer();
        await writeFile(join(this.folder, `${name}.png`), png);
        console.log(`docs/screenshots/${name}.png  ${Math.ceil(png.length / 1000)} kB`);
    }
}
