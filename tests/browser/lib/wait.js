// Waits for a condition, with a deadline.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

/** Repeats the call until its result is truthy, and returns it; fails after `seconds` with `what` and the last result. */
export async function until(seconds, what, ask) {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
        const answer = await ask();
        if (answer) return answer;
        assert.ok(Date.now() < deadline, `not within ${seconds} s: ${what}`);
        await sleep(100);
    }
}
