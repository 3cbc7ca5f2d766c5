// Runs cases of receivers/vectors.json by @kayle/webhooks.

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

const LONG = 200;

/** @param {typeof import("@kayle/webhooks")} library */
export async function run(library, made, keys) {
  try {
    return { event: view(library, await open(library, made, keys)) };
  } catch (error) {
    if (!(error instanceof library.KayleError)) throw error;
    return { error: error.code };
  }
}

export function open({ Receiver }, { options, headers, headers_as, body_base64, body_as }, keys) {
  const { secrets, keys: named, now_s, tolerance_s, body_bytes_max } = options;
  const receiver = new Receiver({
    secrets,
    privateKeys: named.map(({ kid, key }) => ({ ...(kid !== undefined && { kid }), pem: keys[key] ?? key })),
    now: () => now_s * 1000,
    ...(tolerance_s !== undefined && { toleranceS: tolerance_s }),
    ...(body_bytes_max !== undefined && { bodyBytesMax: body_bytes_max }),
  });
  const raw = Buffer.from(body_base64, "base64");
  const bodies = { text: () => raw.toString(), object: () => JSON.parse(raw.toString()) };
  const lists = () => Object.fromEntries(headers.map(([name, value]) => [name, [value]]));
  return receiver.unwrap(headers_as === "lists" ? lists() : headers, bodies[body_as]?.() ?? raw);
}

function view(library, event) {
  if (event.type === "test") {
    const { metadata, proof, sample } = event;
    return { variant: "test", event_id: metadata.event_id, proof, sample: view(library, sample) };
  }
  const variant = event.type;
  if (variant === "unknown") return { variant, type: event.name, ...event.metadata };
  const { claims, ...data } = event.data;
  const shown = claims && { claims: Object.fromEntries([...claims.expose()].map(shownClaim)) };
  return { variant, type: event.type, ...event.metadata, ...data, ...shown };
}

function shownClaim([key, value]) {
  if (typeof value !== "string" || [...value].length <= LONG) return [key, value];
  return [key, `sha256:${createHash("sha256").update(value).digest("hex")}`];
}

/** Returns the ids of the cases that do not end as they must. */
export async function wrongOnes(library, { keys, cases }) {
  const wrong = [];
  for (const made of cases) {
    const outcome = await run(library, made, keys).catch((error) => ({ crash: String(error) }));
    if (!isDeepStrictEqual(outcome, made.expect)) wrong.push(`${made.id}: ${JSON.stringify(outcome)}`);
  }
  return wrong;
}
