// A running lab: the addresses of its parts, and a fault while a picture is taken.

import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { findPromtool, writeHistory } from "./history.js";

const run = promisify(execFile);

const SECONDS_MAX = 60;

/** How long a lab runs before pictures are taken, so that it has 5 minutes of latency and every rule was evaluated. */
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

    /** The running lab, by `program status`. Fails if none runs. */
    static async running(program, stateDir, end = async () => {}) {
        const args = ["status", "--json", ...(stateDir ? ["--state-dir", stateDir] : [])];
        const { stdout } = await run(program, args).catch((error) => error);
        const { parts } = JSON.parse(stdout || '{"parts":[]}');
        if (!parts.some((part) => part.state === "ready")) throw new Error("no lab is running: ./lab up");
        return new Lab(parts, end);
    }

    /** Stops a lab that was started for the pictures. */
    async end() {
        await this.#end();
    }

    has(part) {
        return this.#parts.get(part)?.state === "ready";
    }

    url(part, path = "/") {
        return this.#parts.get(part).url + path;
    }

    /** Runs `what` while a target fails and the gateway reports it. */
    async failing({ target, endpoint }, what) {
        const url = this.url("demo-target", `/faults/${endpoint}`);
        await told(await fetch(url, { method: "PUT", headers: { "content-type": "application/json" }, body: '{"kind":"status","status":503}' }));
        try {
            await this.#shows(target, "down");
            await what();
        } finally {
            await told(await fetch(url, { method: "DELETE" }));
        }
        await this.#shows(target, "up");
    }

    async #shows(name, state) {
        for (let second = 0; second < SECONDS_MAX; second += 1) {
            const { targets } = await (await fetch(this.url("api-gateway", "/api/v1/status"))).json();
            if (targets.find(({ target }) => target === name)?.state === state) return;
            await sleep(1000);
        }
        throw new Error(`${name} is not ${state} after ${SECONDS_MAX} s`);
    }
}

async function told(answer) {
    if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`);
}
