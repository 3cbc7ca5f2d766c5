import { hex, utf8 } from "./bytes.js";
import { Claims, type ClaimValue } from "./claims.js";
import { type EventType, type KnownEvent, SHAPES, type Shape, TEXT_CLAIMS } from "./generated.js";
import { isObject, type Json, type JsonObject, parseJson } from "./json.js";

/** What came beside an event and is not signed: for logs only. */
export interface Unverified {
  deliveryId: string | undefined;
}

/** A test delivery, which is about nobody. Answer it with the header `X-Kayle-Proof: <proof>`. */
export interface TestEvent {
  type: "test";
  metadata: { event_id: string; verification_session_id: string };
  /** Shows that this receiver decrypts. */
  proof: string;
  /** The documented sample of the type that was asked for. */
  sample: KnownEvent | UnknownEvent;
}

/** A type that this version does not know. Answer it as if it were handled. */
export class UnknownEvent {
  readonly type = "unknown";
  /** Its `type` on the wire. */
  readonly name: string;
  readonly metadata: { event_id: string; verification_session_id: string };
  readonly #json: JsonObject;

  constructor(name: string, metadata: UnknownEvent["metadata"], json: JsonObject) {
    this.name = name;
    this.metadata = metadata;
    this.#json = json;
  }

  /** Returns the whole event. */
  expose(): JsonObject {
    return this.#json;
  }
}

/** One event: a union on `type`. */
export type Event = (KnownEvent | TestEvent | UnknownEvent) & { readonly unverified: Unverified };

const NOBODYS_SESSION = `vs_${"0".repeat(64)}`;
const AGE_CLAIM = /^age_over_[0-9]+$/;

/** Returns whether the session has ended with this event. A test ends nothing. */
export function isTerminal(event: { type: string }): boolean {
  return event.type.startsWith("verification.session.");
}

/**
 * Returns whether an event supersedes one of the same session that was handled before it: a
 * cancellation does, since the person withdrew what an earlier event told.
 */
export function outranks(event: { type: string }, earlierType: string): boolean {
  const cancelled = "verification.session.cancelled";
  return event.type === cancelled && earlierType !== cancelled;
}

/** Reads an event and its name on the wire out of decrypted bytes; `undefined` if they are none. */
export async function readEvent(
  plaintext: Uint8Array,
): Promise<{ name: string; event: KnownEvent | TestEvent | UnknownEvent } | undefined> {
  const json = parseJson(plaintext);
  if (!isObject(json) || typeof json.type !== "string" || !isObject(json.metadata)) return undefined;
  const { event_id, verification_session_id, test = false, challenge } = json.metadata;
  if (typeof event_id !== "string" || typeof verification_session_id !== "string") return undefined;
  const isNobodys = verification_session_id === NOBODYS_SESSION;
  if (test !== isNobodys) return undefined;
  const name = json.type;
  const metadata = { event_id, verification_session_id };
  const event = isKnown(name) ? known(name, json) : new UnknownEvent(name, metadata, json);
  if (event === undefined || !isNobodys) return event && { name, event };
  if (typeof challenge !== "string") return undefined;
  const proof = await proofOf(event_id, challenge);
  return { name, event: { type: "test", metadata, proof, sample: event } };
}

async function proofOf(eventId: string, challenge: string): Promise<string> {
  const message = utf8(`kayle-proof.${eventId}.${challenge}`);
  return hex(await crypto.subtle.digest("SHA-256", message));
}

function isKnown(name: string): name is EventType {
  return Object.hasOwn(SHAPES, name);
}

function known(type: EventType, json: JsonObject): KnownEvent | undefined {
  const shapes = SHAPES[type];
  const metadata = shaped(json.metadata, shapes.metadata);
  const data = shaped(json.data, shapes.data);
  return metadata && data && ({ type, metadata, data } as unknown as KnownEvent);
}

/** Takes the members of a shape out of an object, if each is there and of its JSON type. */
function shaped(json: Json | undefined, shapes: Readonly<Record<string, Shape>>): object | undefined {
  if (!isObject(json)) return undefined;
  const members: [string, unknown][] = Object.entries(shapes).map(([name, shape]) => [
    name,
    READERS[shape](json[name]),
  ]);
  return members.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(members);
}

const READERS: Record<Shape, (json: Json | undefined) => unknown> = {
  text: (json) => (typeof json === "string" ? json : undefined),
  // Zero has one sign here, as in languages that have whole numbers.
  integer: (json) => (Number.isSafeInteger(json) ? (json as number) + 0 : undefined),
  texts: (json) =>
    Array.isArray(json) && json.every((item) => typeof item === "string") ? json : undefined,
  claims: (json) =>
    isObject(json) && Object.entries(json).every(isClaim)
      ? new Claims(Object.entries(json) as [string, ClaimValue][])
      : undefined,
};

function isClaim([key, value]: [string, Json]): boolean {
  if (value === null) return true;
  if (typeof value === "boolean") return !TEXT_CLAIMS.has(key);
  return typeof value === "string" && !AGE_CLAIM.test(key);
}
