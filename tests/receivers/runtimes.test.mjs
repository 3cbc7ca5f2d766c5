// Every case of receivers/vectors.json in the other runtimes of JavaScript.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const isArm = process.arch === "arm64";
const DENO = `@deno/linux-${isArm ? "arm64" : "x64"}-glibc/deno`;
const BUN = `@oven/bun-linux-${isArm ? "aarch64" : "x64"}/bin/bun`;
const WORKERD = `@cloudflare/workerd-linux-${isArm ? "arm64" : "64"}/bin/workerd`;

/** Runs a program of an npm package, without the script that npm would have run to install it. */
function run(packageFile, ...parameters) {
  const program = require.resolve(packageFile);
  const { status, error, stdout, stderr } = spawnSync(program, parameters, { encoding: "utf8" });
  assert.equal(status, 0, `${error ?? ""}${stdout}${stderr}`);
}

test("Deno", () => {
  run(DENO, "run", "--allow-all", "--node-modules-dir=manual", "all_cases.mjs");
});

test("Bun", () => {
  run(BUN, "all_cases.mjs");
});

// workerd has neither files nor folders: every module is named in its configuration.
test("workerd", () => {
  const built = join(dirname(require.resolve("@kayle/webhooks")), "../esm");
  const files = readdirSync(built, { recursive: true }).filter((file) => file.endsWith(".js"));
  const modules = files.map((file) => [`kayle/${file}`, "esModule", readFileSync(join(built, file), "utf8")]);
  modules.unshift(
    ["worker.mjs", "esModule", WORKER],
    ["runner.mjs", "esModule", readFileSync("runner.mjs", "utf8")],
    ["vectors.json", "json", readFileSync(process.env.KAYLE_VECTORS, "utf8")],
  );
  const lines = modules.map(([name, kind, content], number) => {
    writeFileSync(`module${number}`, content);
    return `(name = "${name}", ${kind} = embed "module${number}")`;
  });
  writeFileSync("workerd.capnp", CONFIGURATION.replace("MODULES", lines.join(",\n      ")));
  run(WORKERD, "test", "workerd.capnp");
});

const WORKER = `
import * as library from "kayle/index.js";
import { wrongOnes } from "runner.mjs";
import vectors from "vectors.json";

export default {
  async test() {
    const wrong = await wrongOnes(library, vectors);
    if (wrong.length > 0) throw new Error(wrong.join("\\n"));
  },
};
`;

const CONFIGURATION = `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (services = [(name = "main", worker = .worker)]);

const worker :Workerd.Worker = (
  modules = [
      MODULES
  ],
  compatibilityDate = "2026-01-01",
  compatibilityFlags = ["nodejs_compat"],
);
`;
