import type { AgeClaim, TextClaim } from "./generated.js";

/** The value of a claim, by its key. `null` is a claim that the person declined. */
export type ClaimOf<Key extends string> = Key extends TextClaim
  ? string | null
  : Key extends AgeClaim
    ? boolean | null
    : string | boolean | null;

export type ClaimValue = string | boolean | null;

/**
 * What the person shared. It does not show itself: `console.log` and `JSON.stringify` tell how many
 * claims there are. `get` and `expose` give values.
 */
export class Claims {
  readonly #values: ReadonlyMap<string, ClaimValue>;

  constructor(values: Iterable<[string, ClaimValue]>) {
    this.#values = new Map(values);
  }

  /** Returns a claim; `undefined` if it is absent. */
  get<Key extends TextClaim | AgeClaim | (string & {})>(key: Key): ClaimOf<Key> | undefined {
    return this.#values.get(key) as ClaimOf<Key> | undefined;
  }

  /** Returns the keys. */
  keys(): string[] {
    return [...this.#values.keys()];
  }

  /** Returns everything. */
  expose(): Map<string, ClaimValue> {
    return new Map(this.#values);
  }

  toString(): string {
    return `Claims(${this.#values.size} keys)`;
  }

  toJSON(): string {
    return this.toString();
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}
