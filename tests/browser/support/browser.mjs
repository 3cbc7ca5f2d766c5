// A page that fails its spec on whatever goes wrong beside what the spec looks at.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { url } from "./world.mjs";

let browser;

/** Starts the browser, once for all specs of a file. */
export async function launch() {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
  return browser;
}

export async function close() {
  await browser?.close();
  browser = undefined;
}

/**
 * Runs a spec on a page of its own. A console error, a violation of the policy, a request to
 * another origin and a failed request fail it; `expected` lists statuses that the spec is about.
 */
export async function withPage(options, spec) {
  const { expected = [], ...context } = options;
  const opened = await (await launch()).newContext(context);
  // What has not come by then does not come.
  opened.setDefaultTimeout(30_000);
  const page = await opened.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    // The browser's own line about a status; the answer itself is judged below.
    if (message.text().startsWith("Failed to load resource")) return;
    faults.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const target = new URL(request.url());
    if (target.protocol !== "blob:" && target.origin !== url) faults.push(`request to ${target.origin}`);
  });
  page.on("requestfailed", (request) => {
    const why = request.failure()?.errorText;
    // What a navigation cut short was not wanted any more.
    if (why !== "net::ERR_ABORTED" && !expected.includes("failed")) faults.push(`failed: ${request.url()} ${why}`);
  });
  page.on("response", (response) => {
    const status = response.status();
    if (400 <= status && !expected.includes(status)) faults.push(`${status}: ${response.url()}`);
  });
  try {
    await spec(page, opened);
  } finally {
    await opened.close();
  }
  assert.deepEqual(faults, []);
}
