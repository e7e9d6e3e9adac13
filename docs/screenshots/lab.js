// A running lab: starts it, finds the addresses of its parts, and sets a fault while a picture is taken.

import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { findPromtool, writeHistory } from "./history.js";

const run = promisify(execFile);

/** How long to wait for the state of a target. */
const SECONDS_MAX = 60;

/** How long a lab runs before pictures are taken: long enough for 5 minutes of latency and an evaluation of every rule. */
const SETTLED_MS = 330_000;

export class Lab {
    #parts;
    #end;

    constructor(parts, end) {
        this.#parts = new Map(parts.map((part) => [part.name, part]));
        this.#end = end;
    }

    /** Starts a separate lab on the default ports, with a day of sample history. `end` stops and removes it. */
    static async withHistory(program) {
        const stateDir = await mkdtemp(join(tmpdir(), "pictures-"));
        const state = ["--state-dir", stateDir];
        const end = async () => {
            await run(program, ["down", ...state]);
            await rm(stateDir, { recursive: true });
        };
        try {
            // The first start finds or downloads Prometheus. The history must be written before Prometheus runs.
            await run(program, ["up", "--detach", ...state]);
            await run(program, ["down", ...state]);
            await writeHistory(findPromtool(dirname(program)), join(stateDir, "prometheus/data"));
            await run(program, ["up", "--detach", ...state]);
            const lab = await Lab.running(program, stateDir, end);
            await sleep(SETTLED_MS);
            return lab;
        } catch (error) {
            await end();
            throw error;
        }
    }

    /** Returns the running lab, as `program status` reports it. Fails if none runs. */
    static async running(program, stateDir, end = async () => {}) {
        const args = ["status", "--json", ...(stateDir ? ["--state-dir", stateDir] : [])];
        const { stdout } = await run(program, args).catch((error) => error);
        const { parts } = JSON.parse(stdout || '{"parts":[]}');
        if (!parts.some((part) => part.state === "ready")) throw new Error("no lab is running; start it with ./lab up");
        return new Lab(parts, end);
    }

    /** Stops and removes the lab if it was started for the pictures. */
    async end() {
        await this.#end();
    }

    has(part) {
        return this.#parts.get(part)?.state === "ready";
    }

    url(part, path = "/") {
        return this.#parts.get(part).url + path;
    }

    /** Makes a target fail, and runs `action` once the gateway reports that it is down. */
    async failing({ target, endpoint }, action) {
        const url = this.url("demo-target", `/faults/${endpoint}`);
        await assertOk(await fetch(url, { method: "PUT", headers: { "content-type": "application/json" }, body: '{"kind":"status","status":503}' }));
        try {
            await this.#waitForState(target, "down");
            await action();
        } finally {
            await assertOk(await fetch(url, { method: "DELETE" }));
        }
        await this.#waitForState(target, "up");
    }

    async #waitForState(name, state) {
        for (let second = 0; second < SECONDS_MAX; second += 1) {
            const { targets } = await (await fetch(this.url("api-gateway", "/api/v1/status"))).json();
            if (targets.find(({ target }) => target === name)?.state === state) return;
            await sleep(1000);
        }
        throw new Error(`${name} is not ${state} after ${SECONDS_MAX} s`);
    }
}

async function assertOk(response) {
    if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
}
