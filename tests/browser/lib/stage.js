// A stage is a lab and a Chromium. A scene is a test that opens pages, and saves screenshots of them if it fails.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { launch, open } from "./browser.js";
import { labNamed } from "./lab.js";

/** The default timeout of a scene. */
const TIMEOUT_SECONDS = 60;

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
     * Defines a test that calls `play` with a Scene. Afterwards the opened pages must have no problems, unless `expectsProblems`
     * is set: a page without its server writes errors to the console.
     */
    scene(name, play, { seconds = TIMEOUT_SECONDS, expectsProblems = false } = {}) {
        return test(name, { timeout: seconds * 1000 }, async () => {
            const scene = new Scene(this);
            try {
                await play(scene);
                if (!expectsProblems) assert.deepEqual(scene.views.flatMap(({ problems }) => problems), []);
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

    /** Opens a path of the status page. Options: `width`, `height`, and those of a browser context. */
    async open(path = "/", options = {}) {
        const view = await open(this.browser, this.lab.url("dashboard-ui", path), options);
        this.views.push(view);
        return view.page;
    }

    /** Saves a screenshot and the HTML of each open page. Returns the paths of the screenshots. */
    async picture(name) {
        const folder = process.env.EVIDENCE_DIR ?? tmpdir();
        const files = [];
        for (const [index, { page }] of this.views.entries()) {
            const file = join(folder, `${name.replace(/[^a-z0-9]+/gi, "-")}-${index}`);
            try {
                await writeFile(`${file}.html`, await page.content());
                await page.screenshot({ path: `${file}.png`, fullPage: true });
                files.push(`${file}.png`);
            } catch (error) {
                files.push(`no screenshot of ${page.url()}: ${error.message}`);
            }
        }
        return files.join(", ") || "no page was open";
    }

    async end() {
        for (const view of this.views) await view.close();
    }
}
