import { answer, type Handle, type HandlerOptions } from "../handler.js";
import type { Receiver } from "../receiver.js";

/**
 * For whatever takes a web `Request`: Next's app router, Remix, SvelteKit, Workers, Deno, Bun. The
 * body must not have been read.
 */
export function fetchHandler(
  receiver: Receiver,
  handle: Handle,
  options: HandlerOptions = {},
): (request: Request) => Promise<Response> {
  return async (request) => {
    const { status, headers } = await answer(() => receiver.unwrapRequest(request), handle, options);
    return new Response(null, { status, headers });
  };
}
