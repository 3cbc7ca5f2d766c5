import { answer, type Handle, type HandlerOptions } from "../handler.js";
import type { Receiver } from "../receiver.js";

/** What is used of Hono's context. */
export interface HonoContext {
  req: {
    header(): Record<string, string>;
    arrayBuffer(): Promise<ArrayBuffer>;
  };
}

/**
 * For Hono. It reads by `c.req`, which still has the body where a middleware has read it as text;
 * `c.req.raw` then has not.
 */
export function honoHandler(
  receiver: Receiver,
  handle: Handle,
  options: HandlerOptions = {},
): (context: HonoContext) => Promise<Response> {
  return async ({ req }) => {
    const unwrap = async () => receiver.unwrap(req.header(), await req.arrayBuffer());
    const { status, headers } = await answer(unwrap, handle, options);
    return new Response(null, { status, headers });
  };
}
