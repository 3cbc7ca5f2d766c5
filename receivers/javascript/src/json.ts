// JSON as RFC 8259 has it, and stricter where readers differ: no member twice, no number that a
// double cannot hold, no text that is not Unicode, and a limit of depth. `JSON.parse` keeps the
// last of repeated members and takes lone surrogates; other languages do otherwise.

export type Json = null | boolean | number | string | Json[] | JsonObject;
/** Without a prototype, so that a member named `__proto__` is an ordinary one. */
export type JsonObject = { [name: string]: Json };

/** How deep arrays and objects may lie in one another. Events have a depth of three. */
const DEPTH_MAX = 32;

const PLAIN = /[^"\\\u0000-\u001f]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const BLANKS = /[ \t\n\r]*/y;
const FOUR_HEX = /[0-9A-Fa-f]{4}/y;
const LONE_SURROGATE = /\p{Surrogate}/u;
const ESCAPES: Record<string, string> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const WORDS: [string, Json][] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

class NotJson extends Error {}

/** Returns the one value that the bytes are; `undefined` if they are none. */
export function parseJson(bytes: Uint8Array): Json | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return new Reader(text).whole();
  } catch {
    return undefined;
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

class Reader {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Json {
    const value = this.#value(DEPTH_MAX);
    if (this.#at !== this.#text.length) throw new NotJson();
    return value;
  }

  /** Reads one value with the blanks around it. */
  #value(depthLeft: number): Json {
    this.#take(BLANKS);
    const value = this.#bareValue(depthLeft);
    this.#take(BLANKS);
    return value;
  }

  #bareValue(depthLeft: number): Json {
    switch (this.#text[this.#at]) {
      case '"':
        return this.#string();
      case "{":
        return this.#object(inside(depthLeft));
      case "[":
        return this.#array(inside(depthLeft));
      case "t":
      case "f":
      case "n":
        return this.#word();
      default:
        return this.#number();
    }
  }

  #object(depthLeft: number): JsonObject {
    const object = Object.create(null) as JsonObject;
    this.#list("}", () => {
      this.#take(BLANKS);
      const name = this.#string();
      this.#take(BLANKS);
      if (!this.#skip(":") || Object.hasOwn(object, name)) throw new NotJson();
      object[name] = this.#value(depthLeft);
    });
    return object;
  }

  #array(depthLeft: number): Json[] {
    const array: Json[] = [];
    this.#list("]", () => array.push(this.#value(depthLeft)));
    return array;
  }

  /** Reads what stands between brackets, separated by commas. */
  #list(end: string, item: () => void): void {
    this.#at++;
    this.#take(BLANKS);
    if (this.#skip(end)) return;
    do item();
    while (this.#skip(","));
    if (!this.#skip(end)) throw new NotJson();
  }

  #string(): string {
    if (!this.#skip('"')) throw new NotJson();
    let string = this.#take(PLAIN);
    while (this.#skip("\\")) string += this.#escaped() + this.#take(PLAIN);
    if (!this.#skip('"') || LONE_SURROGATE.test(string)) throw new NotJson();
    return string;
  }

  #escaped(): string {
    const symbol = this.#text[this.#at++] ?? "";
    if (symbol === "u") return String.fromCharCode(Number.parseInt(this.#take(FOUR_HEX), 16));
    const escaped = Object.hasOwn(ESCAPES, symbol) ? ESCAPES[symbol] : undefined;
    if (escaped === undefined) throw new NotJson();
    return escaped;
  }

  #number(): number {
    const number = Number(this.#take(NUMBER));
    if (!Number.isFinite(number)) throw new NotJson();
    return number;
  }

  #word(): Json {
    const found = WORDS.find(([word]) => this.#skip(word));
    if (found === undefined) throw new NotJson();
    return found[1];
  }

  #skip(expected: string): boolean {
    const found = this.#text.startsWith(expected, this.#at);
    if (found) this.#at += expected.length;
    return found;
  }

  #take(form: RegExp): string {
    form.lastIndex = this.#at;
    const found = form.exec(this.#text);
    if (found === null) throw new NotJson();
    this.#at = form.lastIndex;
    return found[0];
  }
}

function inside(depthLeft: number): number {
  if (depthLeft === 0) throw new NotJson();
  return depthLeft - 1;
}
