// The layout, with axe-core's rules: nothing is cut, nothing overlaps.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { describe } from "node:test";
import { unfold } from "../lib/browser.js";
import { layoutProblems } from "../lib/layout.js";
import { SITUATIONS } from "../lib/stand-in.js";
import { until } from "../lib/wait.js";

const SIZES = [
    { count: 5, groups: 0 },
    { count: 61, groups: 6 },
    { count: 1000, groups: 20 },
];
const WIDTHS = [360, 768, 1440, 1920];
const SCHEMES = ["light", "dark"];

/** The words of the headline in each situation. */
const HEADLINES = {
    "nothing down": (count) => `All ${count} targets are up`,
    "two down": (count) => `2 of ${count} targets are down`,
    "all down": (count) => `All ${count} targets are down`,
    blind: () => "The lab is blind",
};

export function layout(stage) {
    const { lab } = stage;
    const axe = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

    describe("the layout", () => {
        for (const { count, groups } of SIZES) {
            for (const situation of SITUATIONS) {
                stage.scene(`${count} targets, ${situation}: no text is cut, none overlaps`, async (scene) => {
                    await shows(lab, { count, groups, situation, longNames: true });
                    for (const colorScheme of SCHEMES) {
                        for (const width of WIDTHS) {
                            const page = await scene.open("/", { width, colorScheme });
                            const where = `${width} px, ${colorScheme}`;
                            assert.deepEqual(await layoutProblems(page), [], where);
                            // axe-core needs minutes for 1,000 rows.
                            if (count < 100 && (width === 360 || width === 1440)) {
                                await page.evaluate(await axe);
                                const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
                                assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [], where);
                                await unfold(page);
                                assert.deepEqual(await layoutProblems(page), [], `${where}, unfolded`);
                            }
                            assert.deepEqual(scene.views.flatMap(({ problems }) => problems), [], where);
                            await scene.end();
                            scene.views = [];
                        }
                    }
                }, { seconds: 240 });
            }
        }
    });
}

/** Changes the situation, and waits until the page shows it. */
export async function shows(lab, world) {
    lab.gateway.set({ recovered: 0, withoutAlert: false, longNames: false, announced: false, age: 30 * 86_400_000, ...world });
    const recovered = world.recovered ? `; ${world.recovered} incidents not closed` : "";
    const headline = HEADLINES[world.situation](world.count) + recovered;
    const down = { "two down": 2, "all down": world.count }[world.situation] ?? 0;
    await until(40, headline, async () => {
        const page = await (await fetch(lab.url("dashboard-ui"))).text();
        const count = (text) => page.split(text).length - 1;
        return new RegExp(`${headline}[:<]`).test(page) && count('class="target"') === world.count
            && count('class="incident down"') === Math.min(down, 12)
            && (down === 0 || Boolean(world.withoutAlert) === !page.includes('class="within"')) && !page.includes("still being fetched");
    });
}
