// The adapters of @kayle/webhooks in the frameworks themselves, as they come.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import {
  fastifyKayle,
  fetchHandler,
  honoHandler,
  InMemoryOnce,
  lambdaHandler,
  nodeHandler,
  Receiver,
  SqlOnce,
} from "@kayle/webhooks";
import { delivery, generatePem } from "@kayle/webhooks/testing";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import bodyParser from "koa-bodyparser";
import pg from "pg";

const secret = "whsec_0123456789abcdefghijklmnopqrstuv";
const key = { kid: "customer-key-1", pem: await generatePem() };
const receiver = new Receiver({ secrets: [secret], privateKeys: [key] });
const metadata = {
  contract_version: 1,
  event_id: "evt_1",
  verification_session_id: `vs_${"1".repeat(64)}`,
};
const expired = { type: "verification.session.expired", metadata, data: {} };
const photo = "A".repeat(1_500_000);
const portrait = {
  type: "verification.attempt.succeeded",
  metadata: { ...metadata, verification_attempt_id: "va_1" },
  data: { claims: { document_photo: photo }, selected_field_keys: ["document_photo"] },
};
const marked = { test: true, challenge: "c", verification_session_id: `vs_${"0".repeat(64)}` };
const trial = { ...expired, metadata: { ...metadata, ...marked } };

/** What an adapter is asked, and what must come of it. */
async function check(ask) {
  const { events, post } = ask;
  assert.equal((await post(await delivery({ event: expired, secret, key }))).status, 204);
  assert.equal(events.at(-1).type, expired.type);
  assert.equal((await post(await delivery({ event: portrait, secret, key }))).status, 204);
  assert.equal(events.at(-1).data.claims.get("document_photo"), photo);
  const tested = await post(await delivery({ event: trial, secret, key }));
  assert.equal(tested.headers.get("X-Kayle-Proof"), events.at(-1).proof);
  const refused = await post(await delivery({ event: expired, secret: `${secret}x`, key }));
  assert.equal(refused.status, 400);
  assert.equal(await refused.text(), "");
  assert.equal(events.length, 3);
}

/** An adapter by its handler for Node's server. */
async function checkServer(listener, events) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const url = `http://127.0.0.1:${server.address().port}/kayle`;
  const post = ({ headers, body }) => fetch(url, { method: "POST", headers, body });
  try {
    await check({ events, post });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function collected() {
  const events = [];
  return { events, handle: (event) => void events.push(event) };
}

test("Node's own server", async () => {
  const { events, handle } = collected();
  await checkServer(nodeHandler(receiver, handle), events);
});

for (const [name, parsers] of [
  ["without parsers", []],
  ["behind json() and urlencoded()", [express.json(), express.urlencoded({ extended: true })]],
  ["behind raw() for JSON, as in recipes for others", [express.raw({ type: "application/json" })]],
  ["behind raw() for this type", [express.raw({ type: "application/jose", limit: "4mb" })]],
  ["behind text() for this type", [express.text({ type: "application/jose", limit: "4mb" })]],
]) {
  test(`Express ${name}`, async () => {
    const { events, handle } = collected();
    const app = express();
    for (const parser of parsers) app.use(parser);
    app.post("/kayle", nodeHandler(receiver, handle));
    await checkServer(app, events);
  });
}

test("Koa behind koa-bodyparser", async () => {
  const { events, handle } = collected();
  const handler = nodeHandler(receiver, handle);
  const app = new Koa().use(bodyParser()).use((ctx) => {
    ctx.respond = false;
    return handler(ctx.req, ctx.res);
  });
  await checkServer(app.callback(), events);
});

test("Fastify", async () => {
  const { events, handle } = collected();
  const app = Fastify();
  app.register(fastifyKayle, { receiver, handle, path: "/kayle" });
  const post = async ({ headers, body }) => {
    const answered = await app.inject({ method: "POST", url: "/kayle", headers, payload: body });
    return new Response(answered.body || null, {
      status: answered.statusCode,
      headers: { "X-Kayle-Proof": answered.headers["x-kayle-proof"] ?? "" },
    });
  };
  await check({ events, post });
  await app.close();
});

for (const [name, middleware] of [
  ["as it comes", async (_, next) => next()],
  ["behind a middleware that reads text", async (c, next) => (await c.req.text(), next())],
]) {
  test(`Hono ${name}`, async () => {
    const { events, handle } = collected();
    const app = new Hono().use(middleware);
    app.post("/kayle", honoHandler(receiver, handle));
    const post = ({ headers, body }) => app.request("/kayle", { method: "POST", headers, body });
    await check({ events, post });
  });
}

test("a web Request", async () => {
  const { events, handle } = collected();
  const handler = fetchHandler(receiver, handle);
  const post = ({ headers, body }) =>
    handler(new Request("https://x.test/kayle", { method: "POST", headers, body }));
  await check({ events, post });
});

test("Lambda, in base64 and as text", async () => {
  for (const isBase64Encoded of [true, false]) {
    const { events, handle } = collected();
    const handler = lambdaHandler(receiver, handle);
    const post = async ({ headers, body }) => {
      const sent = isBase64Encoded ? Buffer.from(body).toString("base64") : body;
      const { statusCode, headers: answered } = await handler({ headers, body: sent, isBase64Encoded });
      return new Response(null, { status: statusCode, headers: answered });
    };
    await check({ events, post });
  }
});

test("a body that somebody has read is told apart", async () => {
  const request = new Request("https://x.test", { method: "POST", body: "x" });
  await request.text();
  await assert.rejects(receiver.unwrapRequest(request), { code: "body_unavailable", status: 500 });
  const refusals = [];
  const handler = nodeHandler(receiver, () => {}, { onRefused: ({ code }) => refusals.push(code) });
  const app = express();
  app.use(express.json({ type: "application/jose", strict: false }));
  app.use((error, request, response, next) => next());
  app.post("/kayle", handler);
  const server = createServer(app).listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { body, headers } = await delivery({ event: expired, secret, key });
  const url = `http://127.0.0.1:${server.address().port}/kayle`;
  const answered = await fetch(url, { method: "POST", headers, body });
  assert.deepEqual([answered.status, refusals], [500, ["body_unavailable"]]);
  server.closeAllConnections();
  server.close();
});

test("what the handler throws goes to the framework", async () => {
  const broken = () => Promise.reject(new Error("no database"));
  const { headers, body } = await delivery({ event: expired, secret, key });
  const request = new Request("https://x.test", { method: "POST", headers, body });
  await assert.rejects(fetchHandler(receiver, broken)(request), /no database/);
});

/** Fifty simultaneous repeats, of which the first fails. */
async function checkOnce(once) {
  let done = 0;
  await assert.rejects(once.run("evt_1", () => Promise.reject(new Error("no"))), /no/);
  const runs = Array.from({ length: 50 }, () => once.run("evt_1", async () => void done++));
  const outcomes = await Promise.all(runs);
  assert.equal(done, 1);
  assert.equal(outcomes.filter((outcome) => outcome === "handled").length, 1);
}

test("of fifty simultaneous repeats in memory one is handled", async () => {
  await checkOnce(new InMemoryOnce());
});

test("of fifty simultaneous repeats on PostgreSQL one is handled", async () => {
  const connectionString = process.env.TEST_POSTGRES_URL;
  const schema = `once_${process.pid}`;
  const pool = new pg.Pool({ connectionString: `${connectionString}/postgres`, max: 10 });
  await pool.query(`CREATE SCHEMA ${schema}`);
  await pool.query(`CREATE TABLE ${schema}.kayle_events (event_id text PRIMARY KEY)`);
  const database = {
    async transaction(work) {
      const client = await pool.connect();
      try {
        await client.query("BEGIN");
        const outcome = await work(client);
        await client.query("COMMIT");
        return outcome;
      } catch (error) {
        await client.query("ROLLBACK");
        throw error;
      } finally {
        client.release();
      }
    },
    async execute(client, sql, parameters) {
      return (await client.query(sql, parameters)).rowCount;
    },
  };
  try {
    await checkOnce(new SqlOnce(database, { table: `${schema}.kayle_events` }));
  } finally {
    await pool.query(`DROP SCHEMA ${schema} CASCADE`);
    await pool.end();
  }
});
