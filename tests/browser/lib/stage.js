// A lab, a Chromium, and scenes: tests that open pages and leave a picture of them where they fail.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { launch, open } from "./browser.js";
import { labNamed } from "./lab.js";

/** Longer than anything here takes; a scene that waits for minutes says so. */
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
     * A test. `play` gets a Scene. At its end nothing may have gone wrong in the pages it opened, unless `troubled`: a page
     * whose server is away writes errors to the console.
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

    /** Opens a path of the status page; options are those of a browser context, and `width` and `height`. */
    async open(path = "/", options = {}) {
        const view = await open(this.browser, this.lab.url("dashboard-ui", path), options);
        this.views.push(view);
        return view.page;
    }

    /** Keeps a picture and the HTML of each open page; where they are. */
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
