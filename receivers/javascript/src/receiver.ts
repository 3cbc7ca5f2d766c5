import { type Bytes, utf8 } from "./bytes.js";
import { KayleError } from "./errors.js";
import { type Event, readEvent } from "./events.js";
import { type HeadersInput, valuesOf } from "./headers.js";
import { decrypt, parseJwe } from "./jwe.js";
import { PrivateKey, type PrivateKeyInput } from "./keys.js";
import { isSigned, parseSignature, SIGNATURE_HEADER } from "./signature.js";

export interface ReceiverOptions {
  /**
   * The endpoint's signing secrets: one, or the next and the current during a rotation; each is
   * tried. Or a function that reads them for each request, from a file or a vault.
   */
  secrets: readonly string[] | (() => readonly string[] | Promise<readonly string[]>);
  /** The private keys, old and new: 1 to 16. */
  privateKeys: readonly PrivateKeyInput[];
  /** How far a signature may lie from this machine's time, both ways, in seconds: 1 to 3600. */
  toleranceS?: number;
  /** The longest body that is looked at, in bytes; 4 MiB. A portrait makes one of 2.8 MB. */
  bodyBytesMax?: number;
  /** The time in milliseconds since 1970; for tests. */
  now?: () => number;
}

/** The raw body. Text is accepted because a JWE is ASCII: a framework cannot have damaged it. */
export type Body = Uint8Array | ArrayBuffer | string;

const SECRETS_MAX = 8;
const PRIVATE_KEYS_MAX = 16;
const TOLERANCE_S = 300;
const TOLERANCE_S_MAX = 3600;
const BODY_BYTES_MAX = 4 * 1024 * 1024;
const BLANK = /[\s\u0000-\u0020\u007f-\u00a0]/;

/** Opens requests. One is enough for a process. */
export class Receiver {
  readonly bodyBytesMax: number;
  readonly #secrets: ReceiverOptions["secrets"];
  readonly #keys: readonly PrivateKey[];
  readonly #toleranceS: number;
  readonly #now: () => number;

  /** @throws {KayleError} `secret_invalid`, `key_invalid` or `option_invalid` */
  constructor(options: ReceiverOptions) {
    const { secrets, privateKeys, toleranceS = TOLERANCE_S, bodyBytesMax = BODY_BYTES_MAX } = options;
    this.#secrets = typeof secrets === "function" ? secrets : checkedSecrets(secrets);
    if (!Array.isArray(privateKeys) || !isWithin(privateKeys.length, PRIVATE_KEYS_MAX)) {
      throw new KayleError("key_invalid");
    }
    this.#keys = privateKeys.map((key) => new PrivateKey(key));
    if (!isWithin(toleranceS, TOLERANCE_S_MAX) || !isWithin(bodyBytesMax, Number.MAX_SAFE_INTEGER)) {
      throw new KayleError("option_invalid");
    }
    this.#toleranceS = toleranceS;
    this.bodyBytesMax = bodyBytesMax;
    this.#now = options.now ?? Date.now;
  }

  /**
   * Verifies, decrypts and reads a request.
   *
   * @throws {KayleError} whatever is wrong; answer with its `status`
   */
  async unwrap(headers: HeadersInput, body: Body): Promise<Event> {
    const bytes = bytesOf(body);
    if (bytes.length > this.bodyBytesMax) throw new KayleError("body_too_large");
    await this.#verify(headers, bytes);
    const jwe = parseJwe(bytes);
    const plaintext = await decrypt(jwe, this.#keysFor(jwe.kid));
    const read = await readEvent(plaintext);
    if (read === undefined) throw new KayleError("event_invalid");
    if (valuesOf(headers, "X-Kayle-Event").some((name) => name !== read.name)) {
      throw new KayleError("event_mismatch");
    }
    const unverified = { deliveryId: valuesOf(headers, "X-Kayle-Delivery-Id")[0] };
    return Object.assign(read.event, { unverified });
  }

  /** Does what `unwrap` does with a web request, whose body nobody has read. */
  async unwrapRequest(request: Request): Promise<Event> {
    if (request.bodyUsed) throw new KayleError("body_unavailable");
    return this.unwrap(request.headers, await readLimited(request.body ?? [], this.bodyBytesMax));
  }

  async #verify(headers: HeadersInput, body: Bytes): Promise<void> {
    const signature = parseSignature(valuesOf(headers, SIGNATURE_HEADER));
    if (!(await isSigned(signature, await this.#currentSecrets(), body))) {
      throw new KayleError("signature_mismatch");
    }
    const skewS = Math.floor(this.#now() / 1000) - Number(signature.seconds);
    if (Math.abs(skewS) > this.#toleranceS) throw new KayleError("timestamp_out_of_range", skewS);
  }

  async #currentSecrets(): Promise<string[]> {
    return checkedSecrets(typeof this.#secrets === "function" ? await this.#secrets() : this.#secrets);
  }

  /** Returns the keys of this label, which may be several, or else those without label. */
  #keysFor(kid: string): PrivateKey[] {
    const labelled = this.#keys.filter((key) => key.kid === kid);
    const keys = labelled.length > 0 ? labelled : this.#keys.filter((key) => key.kid === undefined);
    if (keys.length === 0) throw new KayleError("key_unknown");
    return keys;
  }
}

/**
 * Reads a stream of bytes to its end, or to the first chunk too many. The stream is not destroyed then:
 * Node would end the connection before the answer.
 */
export async function readLimited(
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | ReadableStream<Uint8Array>,
  bytesMax: number,
): Promise<Bytes> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const next = reading(stream);
  for (let chunk = await next(); chunk !== undefined; chunk = await next()) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > bytesMax) throw new KayleError("body_too_large");
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Returns what gives chunk after chunk; a stream that breaks off has no body. */
function reading(
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | ReadableStream<Uint8Array>,
): () => Promise<Uint8Array | undefined> {
  const iterable = stream as AsyncIterable<Uint8Array> & Iterable<Uint8Array>;
  const chunks = iterable[Symbol.asyncIterator]?.() ?? iterable[Symbol.iterator]();
  return async () => {
    try {
      const { done, value } = await chunks.next();
      return done === true ? undefined : value;
    } catch {
      throw new KayleError("body_unavailable");
    }
  };
}

function bytesOf(body: Body): Bytes {
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (ArrayBuffer.isView(body) && !(body.buffer instanceof ArrayBuffer)) return new Uint8Array(body);
  if (body instanceof Uint8Array) {
    return new Uint8Array(body.buffer as ArrayBuffer, body.byteOffset, body.byteLength);
  }
  if (typeof body === "string" && /^[\u0000-\u007f]*$/.test(body)) return utf8(body);
  throw new KayleError("body_unavailable");
}

function isWithin(number: number, max: number): boolean {
  return Number.isSafeInteger(number) && number >= 1 && number <= max;
}

function checkedSecrets(secrets: readonly string[]): string[] {
  const usable =
    Array.isArray(secrets) &&
    isWithin(secrets.length, SECRETS_MAX) &&
    secrets.every((secret) => typeof secret === "string" && secret !== "" && !BLANK.test(secret));
  if (!usable) throw new KayleError("secret_invalid");
  return [...secrets];
}
