// Words, times and addresses that suit the reader.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { showsState } from "../lib/page.js";

const PATHS = ["/", "/targets/demo", "/incidents", "/maintenance", "/subscribe"];

/** Tokyo is nine hours ahead of UTC the whole year. */
const TOKYO = { timezoneId: "Asia/Tokyo" };
const AHEAD = 9 * 3_600_000;

export function reader(stage) {
    const { lab } = stage;

    describe("times", () => {
        stage.scene("are in the reader's zone, and the page names it", async (scene) => {
            for (const path of PATHS) {
                const page = await scene.open(path, TOKYO);
                assert.match(await page.locator("footer").innerText(), /Times: Asia\/Tokyo/, path);
                await areShifted(page, AHEAD, path);
            }
        });

        stage.scene("stay in the reader's zone when a row changes", async (scene) => {
            const page = await scene.open("/", TOKYO);
            try {
                await showsState(page, "demo", "down", await lab.setFault("ok"), 10);
                await areShifted(page, AHEAD, "a changed row");
            } finally {
                await lab.clearFault("ok");
            }
            await showsState(page, "demo", "up", Date.now(), 10);
        });

        stage.scene("are UTC without JavaScript, and the page says so", async (scene) => {
            for (const path of PATHS) {
                const page = await scene.open(path, { ...TOKYO, javaScriptEnabled: false });
                assert.match(await page.locator("footer").innerText(), /Times are UTC/, path);
                await areShifted(page, 0, path);
            }
        });
    });

    describe("words", () => {
        stage.scene("are those of the field", async (scene) => {
            for (const path of PATHS) {
                const page = await scene.open(path);
                const text = await page.locator("main").evaluate((main) => main.textContent);
                for (const old of [/\bCourse\b/, /95% within/, /95%: /, /\b(6\d|[7-9]\d|1[01]\d) min\b/]) {
                    assert.doesNotMatch(text, old, path);
                }
            }
            const badge = await fetch(lab.url("dashboard-ui", "/badges/demo/latency.svg"));
            assert.match(await badge.text(), /demo p95/);
        });

        stage.scene("are explained where a learner meets them", async (scene) => {
            const page = await scene.open("/targets/demo");
            const text = await page.locator("main").innerText();
            for (const term of ["Availability: ", "Coverage: ", "Error budget: ", "Burn rate: ", "p95: "]) {
                assert.ok(text.includes(term), term);
            }
        });

        for (const width of [360, 768, 1440, 1920]) {
            stage.scene(`are not split, ${width} px wide`, async (scene) => {
                for (const path of PATHS) {
                    const page = await scene.open(path, { width });
                    assert.deepEqual(await page.evaluate(splitWords), [], path);
                }
            });
        }
    });

    describe("a missing address", () => {
        for (const path of ["/nothing", "/targets/nobody"]) {
            stage.scene(`${path} is a page with links`, async (scene) => {
                const page = await scene.open(path);
                assert.equal(await page.locator("h1").innerText(), "Not found");
                if (path.includes("nobody")) assert.match(await page.locator("main").innerText(), /No target is named nobody/);
                for (const link of await page.locator("main a").evaluateAll((all) => all.map(({ href }) => href))) {
                    assert.equal((await fetch(link)).status, 200, link);
                }
                const answer = await fetch(lab.url("dashboard-ui", path));
                assert.equal(answer.status, 404);
                assert.match(answer.headers.get("content-type"), /problem\+json/, "programs get problem details");
            }, { expectsProblems: true });
        }
    });

    describe("a reader subscribes", () => {
        stage.scene("with texts that begin with the page's own address", async (scene) => {
            const page = await scene.open("/subscribe", { permissions: ["clipboard-read", "clipboard-write"] });
            const { origin } = new URL(page.url());
            const texts = await page.locator(".snippet code").allInnerTexts();
            assert.equal(texts.length, 2 + 2 * 3, "feed, JSON, and Markdown and HTML of three badges");
            for (const text of texts) assert.ok(text.includes(origin), text);
            await page.locator(".copy").first().click();
            assert.equal(await page.evaluate(() => navigator.clipboard.readText()), texts[0]);
        });
    });
}

/** Checks that the times of a page are those of a zone that is ahead of UTC by so many milliseconds. */
async function areShifted(page, ahead, where) {
    const times = await page
        .locator("time[datetime]:not(.ago)")
        .evaluateAll((all) => all.map((time) => [time.dateTime, time.textContent]));
    for (const [machine, text] of times) {
        const expected = new Date(Date.parse(machine) + ahead).toISOString().slice(11, 16);
        assert.ok(text.includes(expected), `${where}: ${machine} is shown as ${text}`);
    }
}

/** Returns the words that continue on another line. Names and addresses may be long. */
function splitWords() {
    const split = [];
    const texts = document.createTreeWalker(document.getElementById("main"), NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        if (text.parentElement.closest("bdi, code, .url, .unseen") || !text.parentElement.checkVisibility()) continue;
        for (const { 0: word, index } of text.data.matchAll(/[\p{L}\p{N}%.]+/gu)) {
            const range = document.createRange();
            range.setStart(text, index);
            range.setEnd(text, index + word.length);
            const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
            if (lines.size > 1) split.push(word);
        }
    }
    return split;
}
