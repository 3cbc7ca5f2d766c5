import { KayleError } from "./errors.js";
import type { Event } from "./events.js";

/**
 * Your code. What it throws goes to your framework, if there is one to hear it, and the delivery comes
 * again.
 */
export type Handle = (event: Event) => void | Promise<void>;

/** What to answer, without a body. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
}

/** Settings that every adapter has. */
export interface HandlerOptions {
  /** Told of each request that was refused: for your logs. The error holds nothing of the request. */
  onRefused?: (error: KayleError) => void;
}

/** Unwraps, handles, and says what to answer: with the proof if it was a test. */
export async function answer(
  unwrap: () => Promise<Event>,
  handle: Handle,
  { onRefused }: HandlerOptions,
): Promise<Answer> {
  let event: Event;
  try {
    event = await unwrap();
  } catch (error) {
    if (!(error instanceof KayleError)) throw error;
    onRefused?.(error);
    return { status: error.status, headers: {} };
  }
  await handle(event);
  return { status: 204, headers: event.type === "test" ? { "X-Kayle-Proof": event.proof } : {} };
}
