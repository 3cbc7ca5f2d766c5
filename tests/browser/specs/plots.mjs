// The numbers of a plot are those of its table, of the API and of the receiver.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, withPage } from "../support/browser.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { World, admin, url } from "../support/world.mjs";

after(close);

const RANGES = { "1h": 60, "24h": 24, "7d": 28, "30d": 30 };
const CAUSES = ["http_2xx", "http_3xx", "http_4xx", "http_5xx", "timeout", "unreachable", "blocked", "interrupted"];
const RESULTS = ["delivered", "exhausted", "unsendable", "erased"];

const counted = (text) => Number(text.replaceAll(",", ""));

/** What the page has of a plot: drawn, in the table, below it. */
const read = async (page, id, series) => {
  const plot = await page.evaluate(([id, series]) => {
    const plot = document.getElementById(`plot-${id}`);
    const rows = [...plot.querySelectorAll("tbody tr")];
    const bars = (name) => [...plot.querySelectorAll(`rect[data-series="${name}"]`)];
    return {
      name: plot.querySelector("svg[role=img]").getAttribute("aria-label"),
      sentence: plot.querySelector("figcaption").textContent,
      gaps: plot.querySelectorAll("svg .column[fill]").length,
      rows: rows.length,
      unknown: rows.filter((row) => row.querySelector("td[colspan]")).length,
      series: series.map((name, place) => ({
        drawn: bars(name).map((bar) => bar.dataset.value),
        heights: bars(name).map((bar) => parseFloat(bar.getAttribute("height"))),
        table: rows.map((row) => row.querySelectorAll("td")[place]?.textContent ?? ""),
        total: plot.querySelector(`[data-total="${name}"]`).textContent,
      })),
      top: plot.querySelector(".scale text:last-of-type").textContent,
    };
  }, [id, series]);
  for (const one of plot.series) {
    one.drawn = one.drawn.map(Number);
    one.table = one.table.map(counted).filter((count) => count > 0);
    one.total = counted(one.total);
  }
  return { ...plot, top: counted(plot.top) };
};

const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);

test("plots, tables, the API and the receiver agree, in every range", async () => {
  const world = await World.make();
  const receiver = await startReceiver(503);
  const endpoint = await world.endpoint(receiver, { name: "Fraud desk", retry_schedule: "standard" });
  const { deliveries } = await world.verification();
  await world.delivery(deliveries[0], (one) => one.attempts.length === 1);
  receiver.answer = 204;
  await world.delivery(deliveries[0], (one) => one.status === "succeeded");
  const seen = receiver.requests.length;
  const { key } = await admin("api-key", "create", "--organization", world.organization, "--name", "analyst", "--scope", "analytics:read");
  const ask = async (query) => {
    const answer = await fetch(`${url}/v1/analytics/webhooks?${query}`, { headers: { authorization: `Bearer ${key}` } });
    return (await answer.json()).data;
  };
  const until = Date.now() + 30_000;
  while ((await ask("range=1h")).totals.deliveries.delivered !== 1) {
    assert.ok(Date.now() < until, "the delivery is counted");
    await new Promise((go) => setTimeout(go, 200));
  }
  await withPage({}, async (page) => {
    await world.signIn(page);
    for (const [path, of] of [["/webhooks/activity", ""], [`/webhooks/${endpoint.id}`, `&endpoint_id=${endpoint.id}`]]) {
      for (const [range, count] of Object.entries(RANGES)) {
        await page.goto(`${url}${path}?range=${range}`);
        const asked = await ask(`range=${range}${of}`);
        const known = asked.buckets.filter((bucket) => bucket.deliveries !== null).length;
        for (const [id, names, member] of [["deliveries", RESULTS, "deliveries"], ["made", ["created"], "deliveries"], ["attempts", CAUSES, "attempts"]]) {
          const plot = await read(page, id, names);
          assert.equal(plot.name, plot.sentence);
          assert.deepEqual([plot.rows, plot.gaps, plot.unknown], [count, count - known, count - known], `${path} ${range} ${id}`);
          plot.series.forEach((one, place) => {
            const told = asked.buckets.map((bucket) => bucket[member]?.[names[place]] ?? 0).filter((number) => number > 0);
            assert.deepEqual([one.drawn, one.table, one.total], [told, told, sum(told)], `${path} ${range} ${names[place]}`);
            one.drawn.forEach((value, bar) => assert.ok(Math.abs(one.heights[bar] - (100 * value) / plot.top) < 0.02));
          });
          if (id === "attempts") assert.equal(sum(plot.series.map((one) => one.total)), seen);
        }
        for (const [id, member] of [["latency", "latency_ms"], ["answers", "answer_ms"]]) {
          const drawn = await page.locator(`#plot-${id} [data-series="p95"]`).getAttribute("data-values");
          assert.deepEqual(drawn.split(",").map(Number), asked.buckets.map((bucket) => bucket[member]?.p95 ?? 0));
        }
        const rate = page.locator('[data-total="success_rate"]');
        assert.equal(await rate.textContent(), "100 %");
      }
    }
  });
  receiver.stop();
});

test("a range that there is not leads nowhere, and before the endpoint there is a gap", async () => {
  const world = await World.make();
  const receiver = await startReceiver(204);
  const endpoint = await world.endpoint(receiver, {});
  await withPage({ expected: [404] }, async (page) => {
    await world.signIn(page);
    assert.equal((await page.goto(`${url}/webhooks/activity?range=2h`)).status(), 404);
    await page.goto(`${url}/webhooks/${endpoint.id}?range=30d`);
    const plot = await read(page, "deliveries", RESULTS);
    assert.ok(27 < plot.gaps && plot.gaps < plot.rows);
    await page.getByRole("link", { name: "7 days" }).click();
    await page.waitForURL(/range=7d/);
  });
  receiver.stop();
});

test("in a narrow window the numbers scroll by themselves, and a bar says what it is", async () => {
  const world = await World.make();
  const receiver = await startReceiver(204);
  const endpoint = await world.endpoint(receiver, {});
  await withPage({ viewport: { width: 320, height: 720 } }, async (page) => {
    await world.signIn(page);
    await page.goto(`${url}/webhooks/${endpoint.id}?range=30d`);
    for (const numbers of await page.locator(".plot summary").all()) await numbers.click();
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    const titles = await page.locator("#plot-deliveries title").allTextContents();
    assert.equal(titles.length, 30);
    assert.match(titles[0], /^\d+ [A-Z][a-z]{2} – not known$/);
    assert.match(titles.at(-1), /– (none|\d+ Delivered)/);
  });
  receiver.stop();
});
