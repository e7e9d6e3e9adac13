// The overview with 5, 61 and 1,000 targets, in every situation, at every width, in both colour schemes.

import { after } from "node:test";
import { launch } from "./lib/browser.js";
import { Crowd } from "./lib/crowd.js";
import { Stage } from "./lib/stage.js";
import { firstScreen } from "./scenes/first-screen.js";
import { folds } from "./scenes/folds.js";
import { layout } from "./scenes/layout.js";

const stage = new Stage(await Crowd.of({ count: 61, groups: 6, past: true, announced: true }), await launch());

after(async () => {
    stage.lab.close();
    await stage.close();
});

layout(stage);
firstScreen(stage);
folds(stage);
