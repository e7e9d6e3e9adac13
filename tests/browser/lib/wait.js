// Waits for a condition, with a deadline.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

/** Calls `check` until its result is truthy, and returns it. Fails after `seconds` and names the `condition`. */
export async function until(seconds, condition, check) {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
        const result = await check();
        if (result) return result;
        assert.ok(Date.now() < deadline, `not within ${seconds} s: ${condition}`);
        await sleep(100);
    }
}
