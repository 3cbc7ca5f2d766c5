// Every case of receivers/vectors.json, by the installed package.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inspect } from "node:util";
import * as library from "@kayle/webhooks";
import { open, run } from "./runner.mjs";

const { keys, cases } = JSON.parse(readFileSync(process.env.KAYLE_VECTORS, "utf8"));
const MARKERS = ["Curie", "Marie", "1995-04-12", "kdoc_1", "0123456789abcdefghijklmnopqrstuv"];

test("every case ends as it must", async () => {
  for (const made of cases) {
    assert.deepEqual(await run(library, made, keys), made.expect, `${made.id} (${made.why})`);
  }
});

test("nothing that is printed holds a claim, a secret or a body", async () => {
  for (const made of cases) {
    const outcome = await Promise.resolve().then(() => open(library, made, keys)).catch((error) => error);
    const printed = [inspect(outcome, { depth: 9 }), JSON.stringify(outcome), `${outcome.stack}`].join();
    const body = Buffer.from(made.body_base64, "base64").toString().slice(0, 24);
    for (const marker of body.length < 24 ? MARKERS : [...MARKERS, body]) {
      assert(!printed.includes(marker), `${made.id} shows ${marker}`);
    }
  }
});
