/** What has headers like a web `Headers`. */
export interface HeadersLike {
  forEach(each: (value: string, name: string) => void): void;
}

type HeaderValue = string | readonly string[] | undefined;

/** The headers of a request: a web `Headers`, a mapping as Node's, or pairs. */
export type HeadersInput =
  | HeadersLike
  | Readonly<Record<string, HeaderValue>>
  | readonly (readonly [string, HeaderValue])[];

/** Returns every value of a header, whose name is compared without regard to case. */
export function valuesOf(headers: HeadersInput, name: string): string[] {
  const wanted = name.toLowerCase();
  return pairs(headers)
    .filter(([found]) => found.toLowerCase() === wanted)
    .flatMap(([, value]) => value ?? []);
}

function pairs(headers: HeadersInput): (readonly [string, HeaderValue])[] {
  if (Array.isArray(headers)) return [...(headers as (readonly [string, HeaderValue])[])];
  if (typeof (headers as HeadersLike).forEach !== "function") return Object.entries(headers);
  const found: [string, string][] = [];
  (headers as HeadersLike).forEach((value, name) => found.push([name, value]));
  return found;
}
