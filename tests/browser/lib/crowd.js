// dashboard-ui with a stand-in gateway: takes the place of a lab on a stage.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { standIn } from "./stand-in.js";
import { until } from "./wait.js";

export class Crowd {
    #program;
    #base;

    constructor(program, base, gateway) {
        this.#program = program;
        this.#base = base;
        this.gateway = gateway;
    }

    /** Starts dashboard-ui, which `./lab` has built, with a stand-in (`options`: those of standIn). */
    static async of(options) {
        assert.ok(process.env.LAB, "LAB is not set; run ./lab test browser, which sets it");
        const gateway = await standIn(options);
        const port = await freePort();
        const program = spawn(join(dirname(process.env.LAB), "dashboard-ui"), {
            env: { ...process.env, API_GATEWAY_URL: gateway.url, LISTEN_ADDR: `127.0.0.1:${port}`, RUST_LOG: "warn" },
            stdio: ["ignore", "ignore", "inherit"],
        });
        const crowd = new Crowd(program, `http://127.0.0.1:${port}`, gateway);
        try {
            await crowd.isComplete();
        } catch (error) {
            crowd.close();
            throw error;
        }
        return crowd;
    }

    url(_part, path = "/") {
        return this.#base + path;
    }

    /** Waits until the page has its figures and incidents. */
    isComplete() {
        return until(30, "the page has figures and incidents", async () => {
            const response = await fetch(this.url("dashboard-ui")).catch(() => null);
            const page = (await response?.text()) ?? "";
            return page.includes("</html>") && !page.includes("still being fetched") && response.status === 200;
        });
    }

    close() {
        this.#program.kill();
        this.gateway.close();
    }
}

function freePort() {
    return new Promise((resolve, reject) => {
        const server = createServer();
        server.on("error", reject);
        server.listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}
