// Takes a picture of a diagram, drawn from its Mermaid source.

import { fileURLToPath } from "node:url";

const HTML = '<!DOCTYPE html><body style="margin:0"><div id="diagram" style="display:inline-block;padding:12px;background:#fff"></div>';

export async function diagram(studio, name, source) {
    const mermaid = fileURLToPath(new URL("node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js", import.meta.url));
    await studio.takeElement(name, HTML, "#diagram", async (page) => {
        await page.addScriptTag({ path: mermaid });
        await page.evaluate(async (source) => {
            globalThis.mermaid.initialize({ startOnLoad: false, theme: "neutral", fontFamily: "sans-serif", flowchart: { htmlLabels: true, useMaxWidth: false, nodeSpacing: 40, rankSpacing: 36 } });
            const { svg } = await globalThis.mermaid.render("drawn", source);
            document.getElementById("diagram").innerHTML = svg;
        }, source);
    });
}
