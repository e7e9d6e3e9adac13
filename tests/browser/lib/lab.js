// A running lab: reads addresses and process ids of its parts from `lab status --json`, sets faults of its demo target.

import { execFile } from "node:child_process";
import assert from "node:assert/strict";
import { until } from "./wait.js";

/** Returns the lab with this name. `./lab test browser` starts it and passes its state folder in LAB_STATE_DIRS. */
export async function labNamed(name) {
    const folder = JSON.parse(process.env.LAB_STATE_DIRS ?? "{}")[name];
    assert.ok(folder, `LAB_STATE_DIRS has no lab ${name}; run ./lab test browser, which sets it`);
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

    /** Reads addresses and process ids again. */
    async refresh() {
        const status = JSON.parse(await output(process.env.LAB, ["status", "--json", "--state-dir", this.#folder]));
        this.#parts = new Map(status.parts.map((part) => [part.name, part]));
    }

    url(part, path = "/") {
        return this.#part(part).url + path;
    }

    /** Stops a part (SIGSTOP): it keeps its connections but does not answer, and its supervisor does not restart it. */
    freeze(part) {
        process.kill(this.#part(part).pid, "SIGSTOP");
    }

    /** Continues a frozen part (SIGCONT). */
    unfreeze(part) {
        process.kill(this.#part(part).pid, "SIGCONT");
    }

    /** Kills a part; its supervisor restarts it. */
    kill(part) {
        process.kill(this.#part(part).pid, "SIGKILL");
    }

    /** Makes an endpoint of the demo target fail: `ok` is `/ok`, any other NAME `/t/NAME`. Returns the time in ms. */
    async setFault(endpoint, fault = { kind: "status", status: 503 }) {
        await this.#fault("PUT", endpoint, JSON.stringify(fault));
        return Date.now();
    }

    async clearFault(endpoint) {
        await this.#fault("DELETE", endpoint);
        return Date.now();
    }

    async json(part, path) {
        const response = await fetch(this.url(part, path));
        return response.json();
    }

    /** Waits until every target is up or in maintenance, and the lab is not blind. */
    async isSettled() {
        await until(120, "every target is up and the lab is not blind", async () => {
            const { blind, counts, total } = await this.json("api-gateway", "/api/v1/status");
            return blind === null && counts.up + counts.maintenance === total;
        });
    }

    /** Sends a webhook payload to alert-logger, as Alertmanager does. */
    async notify(payload) {
        const response = await fetch(this.url("alert-logger", "/webhook"), {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify(payload),
        });
        assert.ok(response.ok, `POST /webhook: ${response.status}`);
    }

    async #fault(method, endpoint, body) {
        const url = this.url("demo-target", `/faults/${endpoint}`);
        const response = await fetch(url, { method, body, headers: { "content-type": "application/json" } });
        assert.ok(response.ok, `${method} ${url}: ${response.status}`);
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
