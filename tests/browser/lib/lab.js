// A running lab: addresses and processes of its parts from `lab status --json`, faults through its demo target.

import { execFile } from "node:child_process";
import assert from "node:assert/strict";
import { until } from "./wait.js";

/** The lab with this name; `./lab test browser` starts it and passes its state folder in LAB_STATE_DIRS. */
export async function labNamed(name) {
    const folder = JSON.parse(process.env.LAB_STATE_DIRS ?? "{}")[name];
    assert.ok(folder, `LAB_STATE_DIRS names no lab ${name}; ./lab test browser sets it`);
    const lab = new Lab(folder);
    await lab.refresh();
    return lab;
}

export class Lab {
    #folder;
    #parts = new Map();

    constructor(folder) {
        this.#folder = folder;
    }

    /** Fetches the process of each part again. */
    async refresh() {
        const status = JSON.parse(await output(process.env.LAB, ["status", "--json", "--state-dir", this.#folder]));
        this.#parts = new Map(status.parts.map((part) => [part.name, part]));
    }

    url(part, path = "/") {
        return this.#part(part).url + path;
    }

    /** Freezes a part: it keeps its connections but does not answer, and its supervisor does not restart it. */
    hold(part) {
        process.kill(this.#part(part).pid, "SIGSTOP");
    }

    /** Continues a frozen part. */
    release(part) {
        process.kill(this.#part(part).pid, "SIGCONT");
    }

    /** Kills a part; its supervisor restarts it. */
    kill(part) {
        process.kill(this.#part(part).pid, "SIGKILL");
    }

    /** Makes an endpoint of the demo target fail (`ok` is `/ok`, any other NAME `/t/NAME`); returns the time of the request. */
    async setFault(endpoint, fault = { kind: "status", status: 503 }) {
        await this.#fault("PUT", endpoint, JSON.stringify(fault));
        return Date.now();
    }

    async clearFault(endpoint) {
        await this.#fault("DELETE", endpoint);
        return Date.now();
    }

    async json(part, path) {
        const answer = await fetch(this.url(part, path));
        return answer.json();
    }

    /** Waits until the last probe of every target is up, and nothing is blind. */
    async isSettled() {
        await until(120, "every target up and nothing blind", async () => {
            const { blind, counts, total } = await this.json("api-gateway", "/api/v1/status");
            return blind === null && counts.up + counts.maintenance === total;
        });
    }

    /** Sends alert-logger a payload as Alertmanager does. */
    async notify(payload) {
        const answer = await fetch(this.url("alert-logger", "/webhook"), {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify(payload),
        });
        assert.ok(answer.ok, `POST /webhook: ${answer.status}`);
    }

    async #fault(method, endpoint, body) {
        const url = this.url("demo-target", `/faults/${endpoint}`);
        const answer = await fetch(url, { method, body, headers: { "content-type": "application/json" } });
        assert.ok(answer.ok, `${method} ${url}: ${answer.status}`);
    }

    #part(name) {
        const part = this.#parts.get(name);
        assert.ok(part?.pid, `the lab has no running ${name}`);
        return part;
    }
}

function output(program, args) {
    return new Promise((resolve, reject) => {
        // Exit code 1 means that a part is not ready, which many tests expect.
        execFile(program, args, (error, stdout) => (stdout ? resolve(stdout) : reject(error)));
    });
}
