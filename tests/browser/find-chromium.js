// Finds a Chromium on this machine: `node find-chromium.js` prints its path. Needs no package.

import { accessSync, constants, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

// The paths below Playwright's folder.
const OF_PLAYWRIGHT = [
    ["chrome-linux", "chrome"],
    ["chrome-linux64", "chrome"],
    ["chrome-mac", "Chromium.app", "Contents", "MacOS", "Chromium"],
];

const OF_MACOS = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The path of a Chromium or Chrome: $CHROMIUM, on PATH, macOS' applications, Playwright's; undefined without one. */
export function findChromium() {
    const onPath = NAMES.flatMap((name) => (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name)));
    return [process.env.CHROMIUM, ...onPath, ...OF_MACOS, ...playwrights()].find(isExecutable);
}

function playwrights() {
    const folders = [
        process.env.PLAYWRIGHT_BROWSERS_PATH,
        join(homedir(), ".cache", "ms-playwright"),
        join(homedir(), "Library", "Caches", "ms-playwright"),
    ];
    return folders.filter(Boolean).flatMap((folder) =>
        entries(folder)
            .filter((name) => name.startsWith("chromium-"))
            .sort()
            .reverse()
            .flatMap((name) => OF_PLAYWRIGHT.map((path) => join(folder, name, ...path))),
    );
}

function entries(folder) {
    try {
        return readdirSync(folder);
    } catch {
        return [];
    }
}

function isExecutable(path) {
    try {
        accessSync(path ?? "", constants.X_OK);
        return true;
    } catch {
        return false;
    }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
    const chromium = findChromium();
    if (!chromium) {
        console.error("there is no Chromium or Chrome here: apt-get install chromium");
        process.exitCode = 1;
    } else {
        console.log(chromium);
    }
}
