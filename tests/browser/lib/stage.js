// A lab, a Chromium, and scenes: tests that open pages and save a picture of them if they fail.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { launch, open } from "./browser.js";
import { labNamed } from "./lab.js";

/** The default timeout; a scene that waits for minutes sets its own. */
const PATIENCE_SECONDS = 60;

export class Stage {
    constructor(lab, browser) {
        this.lab = lab;
        this.browser = browser;
    }

    static async of(labName) {
        return new Stage(await labNamed(labName), await launch());
    }

    close() {
        return this.browser.close();
    }

    /**
     * A test. `play` gets a Scene. At its end the opened pages must have no problems, unless `troubled` is set: a page without its
     * server writes errors to the console.
     */
    scene(name, play, { seconds = PATIENCE_SECONDS, troubled = false } = {}) {
        return test(name, { timeout: seconds * 1000 }, async () => {
            const scene = new Scene(this);
            try {
                await play(scene);
                if (!troubled) assert.deepEqual(scene.views.flatMap(({ troubles }) => troubles), []);
            } catch (error) {
                console.error(`${name}: ${await scene.picture(name)}`);
                throw error;
            } finally {
                await scene.end();
            }
        });
    }
}

class Scene {
    views = [];

    constructor({ lab, browser }) {
        this.lab = lab;
        this.browser = browser;
    }

    /** Opens a path of the status page; options are those of a browser context, `width` and `height`. */
    async open(path = "/", options = {}) {
        const view = await open(this.browser, this.lab.url("dashboard-ui", path), options);
        this.views.push(view);
        return view.page;
    }

    /** Saves a picture and the HTML of each open page; returns their folder. */
    async picture(name) {
        const folder = process.env.EVIDENCE_DIR ?? tmpdir();
        const kept = [];
        for (const [index, { page }] of this.views.entries()) {
            const file = join(folder, `${name.replace(/[^a-z0-9]+/gi, "-")}-${index}`);
            try {
                await writeFile(`${file}.html`, await page.content());
                await page.screenshot({ path: `${file}.png`, fullPage: true });
                kept.push(`${file}.png`);
            } catch (error) {
                kept.push(`no picture of ${page.url()}: ${error.message}`);
            }
        }
        return kept.join(", ") || "no page was open";
    }

    async end() {
        for (const view of this.views) await view.close();
    }
}
