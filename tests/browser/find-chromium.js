// Finds a Chromium on this machine: `node find-chromium.js` prints its path. Uses no npm package.

import { accessSync, constants, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

// Relative to a `chromium-*` folder of Playwright.
const PLAYWRIGHT_PATHS = [
    ["chrome-linux", "chrome"],
    ["chrome-linux64", "chrome"],
    ["chrome-mac", "Chromium.app", "Contents", "MacOS", "Chromium"],
];

const MACOS_PATHS = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Returns the path of a Chromium or Chrome: $CHROMIUM, on PATH, a macOS application, Playwright's; else undefined. */
export function findChromium() {
    const onPath = NAMES.flatMap((name) => (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name)));
    return [process.env.CHROMIUM, ...onPath, ...MACOS_PATHS, ...playwrightPaths()].find(isExecutable);
}

function playwrightPaths() {
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
            .flatMap((name) => PLAYWRIGHT_PATHS.map((path) => join(folder, name, ...path))),
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
        console.error("no Chromium or Chrome found: set CHROMIUM to its path, or run apt-get install chromium");
        process.exitCode = 1;
    } else {
        console.log(chromium);
    }
}
