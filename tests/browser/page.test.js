// Tests of the status page in a lab whose targets are up unless a test makes them fail.

import { after, before } from "node:test";
import { Stage } from "./lib/stage.js";
import { accessibility } from "./scenes/accessibility.js";
import { keyboard } from "./scenes/keyboard.js";
import { live } from "./scenes/live.js";
import { withoutScript } from "./scenes/no-script.js";

const stage = await Stage.of("page");

before(() => stage.lab.isSettled());
after(() => stage.close());

withoutScript(stage);
live(stage);
keyboard(stage);
accessibility(stage);
