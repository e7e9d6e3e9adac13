// The running lab: where its parts are, and a fault for as long as a picture takes.

import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const SECONDS_MAX = 60;

export class Lab {
    #parts;

    constructor(parts) {
        this.#parts = new Map(parts.map((part) => [part.name, part]));
    }

    /** The lab that `program status` tells of. Fails where none runs. */
    static async running(program, stateDir) {
        const args = ["status", "--json", ...(stateDir ? ["--state-dir", stateDir] : [])];
        const { stdout } = await promisify(execFile)(program, args).catch((error) => error);
        const { parts } = JSON.parse(stdout || '{"parts":[]}');
        if (!parts.some((part) => part.state === "ready")) throw new Error("no lab is running: ./lab up");
        return new Lab(parts);
    }

    has(part) {
        return this.#parts.get(part)?.state === "ready";
    }

    url(part, path = "/") {
        return this.#parts.get(part).url + path;
    }

    /** Does `what` while a target fails, and the gateway knows it. */
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
