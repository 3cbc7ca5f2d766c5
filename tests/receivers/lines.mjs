// Runs cases of receivers/vectors.json by @kayle/webhooks: a case a line in, an outcome a line out.
// The first line holds the keys; a key that it does not name is its own text.

import { createInterface } from "node:readline";
import * as library from "@kayle/webhooks";
import { run } from "./runner.mjs";

let keys;
for await (const line of createInterface({ input: process.stdin })) {
  if (keys === undefined) keys = JSON.parse(line);
  else console.log(JSON.stringify(await run(library, JSON.parse(line), keys)));
}
