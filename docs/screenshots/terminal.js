// Takes a picture of a command and its output, as a terminal shows them.

const STYLE = `
body { margin: 0 }
pre { display: inline-block; margin: 0; padding: 14px 18px; border-radius: 8px; background: #16191d; color: #d8dce2;
  font: 13px/1.45 "DejaVu Sans Mono", ui-monospace, monospace }
.prompt { color: #7fd88f } .key { color: #8ab4f8 } .string { color: #9ccc8a } .number { color: #e6b673 } .null { color: #8b939d }`;

/** Takes NAME.png of `command` and its JSON output, in the colours of jq. */
export async function terminal(studio, name, command, json) {
    const output = escaped(JSON.stringify(json, null, 2)).replace(
        /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g,
        (text, string, colon, word) => {
            if (string) return `<span class="${colon ? "key" : "string"}">${string}</span>${colon ?? ""}`;
            return `<span class="${word ? "null" : "number"}">${text}</span>`;
        },
    );
    const html = `<!DOCTYPE html><style>${STYLE}</style><pre><span class="prompt">$</span> ${escaped(command)}\n${output}</pre>`;
    await studio.takeElement(name, html, "pre");
}

function escaped(text) {
    return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}
