// The adapters of @kayle/webhooks in the frameworks themselves, as they come.

import assert from "node:assert/strict";
import { createServer, request as httpRequest } from "node:http";
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

/** A server of this handler while `use` runs, which is given its port. */
async function withServer(listener, use) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  try {
    await use(server.address().port);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("Node's own server goes on after a body that was broken off", async () => {
  const refusals = [];
  const { events, handle } = collected();
  let told;
  const isTold = new Promise((done) => (told = done));
  const onRefused = ({ code }) => told(refusals.push(code));
  await withServer(nodeHandler(receiver, handle, { onRefused }), async (port) => {
    const broken = httpRequest({ port, path: "/kayle", method: "POST", headers: { "Content-Length": 99 } });
    broken.on("error", () => {});
    broken.write("e", () => broken.destroy());
    await isTold;
    assert.deepEqual(refusals, ["body_unavailable"]);
    const { headers, body } = await delivery({ event: expired, secret, key });
    const answered = await fetch(`http://127.0.0.1:${port}/kayle`, { method: "POST", headers, body });
    assert.deepEqual([answered.status, events.length], [204, 1]);
  });
});

test("Node's own server answers a body that is too large, and goes on", async () => {
  const small = new Receiver({ secrets: [secret], privateKeys: [key], bodyBytesMax: 1000 });
  await withServer(nodeHandler(small, () => {}), async (port) => {
    const url = `http://127.0.0.1:${port}/kayle`;
    for (const bytes of [1001, 3_000_000]) {
      const answered = await fetch(url, { method: "POST", body: "e".repeat(bytes) });
      assert.equal(answered.status, 413);
    }
  });
});

test("Node's own server answers what the handler throws with 500, tells it, and goes on", async () => {
  const told = [];
  const broken = () => Promise.reject(new Error("no database"));
  const onError = ({ message }) => told.push(message);
  for (const [options, expected] of [[{ onError }, ["no database", "no database"]], [{}, []]]) {
    told.length = 0;
    await withServer(nodeHandler(receiver, broken, options), async (port) => {
      for (let round = 0; round < 2; round++) {
        const { headers, body } = await delivery({ event: expired, secret, key });
        const answered = await fetch(`http://127.0.0.1:${port}/kayle`, { method: "POST", headers, body });
        assert.deepEqual([answered.status, await answered.text()], [500, ""]);
      }
    });
    assert.deepEqual(told, expected);
  }
});

test("a body that breaks off is unavailable to every adapter that reads one", async () => {
  const body = () =>
    new ReadableStream({ pull: (stream) => stream.error(new Error("the connection ended")) });
  const request = () => new Request("https://x.test/kayle", { method: "POST", body: body(), duplex: "half" });
  const refusals = [];
  const onRefused = ({ code }) => refusals.push(code);
  const app = new Hono().post("/kayle", honoHandler(receiver, () => {}, { onRefused }));
  assert.equal((await app.request(request())).status, 500);
  assert.equal((await fetchHandler(receiver, () => {}, { onRefused })(request())).status, 500);
  const lambda = lambdaHandler(receiver, () => {}, { onRefused });
  const event = { headers: {}, body: "no base64!", isBase64Encoded: true };
  assert.equal((await lambda(event)).statusCode, 500);
  assert.deepEqual(refusals, ["body_unavailable", "body_unavailable", "body_unavailable"]);
});

test("Hono and a web Request read no more than may be", async () => {
  const small = new Receiver({ secrets: [secret], privateKeys: [key], bodyBytesMax: 1000 });
  const app = new Hono().post("/kayle", honoHandler(small, () => {}));
  for (const post of [(request) => app.request(request), fetchHandler(small, () => {})]) {
    let read = 0;
    const pull = (stream) => (read++ > 99 ? stream.close() : stream.enqueue(new Uint8Array(500)));
    const body = new ReadableStream({ pull });
    const request = new Request("https://x.test/kayle", { method: "POST", body, duplex: "half" });
    assert.equal((await post(request)).status, 413);
    assert(read < 10, `${read} chunks were read`);
  }
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
