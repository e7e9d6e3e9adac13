// Without JavaScript the page is complete, as the server sends it.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { stateOf, target } from "../lib/page.js";

export function withoutScript(stage) {
    const { lab } = stage;

    describe("without JavaScript", () => {
        stage.scene("the page is complete", async (scene) => {
            const page = await scene.open("/", { javaScriptEnabled: false });
            const { targets } = await lab.json("api-gateway", "/api/v1/status");
            assert.ok(targets.length > 3);
            for (const { target: name, state } of targets) {
                assert.equal(await stateOf(page, name), state, name);
                assert.ok(await target(page, name).locator("svg.bar").isVisible(), `${name} has its bar`);
            }
            assert.ok(await page.locator("#headline").isVisible());
            assert.equal(await page.locator(".facts dt").count(), 3, "state, newest observation, page generated");
            assert.ok(await page.locator("#made").isVisible());
            // The page reloads itself, and has a link that pauses it.
            assert.equal(await page.locator("noscript meta[http-equiv=refresh]").count(), 1);
            assert.ok(await page.locator(".liveness a").isVisible());
            assert.ok(await page.locator("#pause").isHidden(), "the pause button needs a script");
        });

        stage.scene("search, group, state and range work as links and forms", async (scene) => {
            const page = await scene.open("/", { javaScriptEnabled: false });
            await page.fill("#search", "REFUND");
            await page.press("#search", "Enter");
            await page.waitForURL(/search=REFUND/);
            assert.deepEqual(await names(page), ["refunds"]);
            await page.goto(lab.url("dashboard-ui", "/?group=Payments"));
            assert.deepEqual(await names(page), ["checkout", "refunds"]);
            await page.goto(lab.url("dashboard-ui", "/?state=maintenance"));
            assert.deepEqual(await names(page), ["search"]);
            await page.click(".ranges a:not([aria-current])");
            await page.waitForURL(/range=/);
            assert.equal(await page.locator(".ranges a[aria-current]").count(), 1);
        });

        stage.scene("no link is broken", async (scene) => {
            const page = await scene.open("/", { javaScriptEnabled: false });
            const seen = new Set([page.url()]);
            const next = [page.url()];
            while (next.length > 0) {
                await page.goto(next.pop());
                for (const link of await page.locator("a[href], link[href], img[src]").evaluateAll(addresses)) {
                    const url = new URL(link);
                    url.hash = "";
                    if (url.origin !== new URL(lab.url("dashboard-ui")).origin || seen.has(url.href)) continue;
                    seen.add(url.href);
                    const response = await fetch(url);
                    assert.equal(response.status, 200, `${url} on ${page.url()}`);
                    const html = response.headers.get("content-type").startsWith("text/html");
                    if (html && seen.size < 60) next.push(url.href);
                }
            }
            assert.ok(seen.size > 10, `${seen.size} addresses`);
        });
    });
}

function names(page) {
    return page.locator("#targets .target").evaluateAll((rows) => rows.map((row) => row.dataset.target));
}

function addresses(elements) {
    return elements.map((element) => element.href ?? element.src);
}
