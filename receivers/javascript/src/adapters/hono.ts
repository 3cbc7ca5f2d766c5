import { answer, type Handle, type HandlerOptions } from "../handler.js";
import { type Body, readLimited, type Receiver } from "../receiver.js";

/** What is used of Hono's context. */
export interface HonoContext {
  req: {
    header(): Record<string, string>;
    raw: Request;
    arrayBuffer(): Promise<ArrayBuffer>;
  };
}

/** For Hono, also behind a middleware that has read the body as text. */
export function honoHandler(
  receiver: Receiver,
  handle: Handle,
  options: HandlerOptions = {},
): (context: HonoContext) => Promise<Response> {
  return async ({ req }) => {
    const unwrap = async () => receiver.unwrap(req.header(), await bodyOf(req, receiver));
    const { status, headers } = await answer(unwrap, handle, options);
    return new Response(null, { status, headers });
  };
}

/** What a middleware has read, `c.req` still has, and `c.req.raw` has not. */
async function bodyOf(req: HonoContext["req"], { bodyBytesMax }: Receiver): Promise<Body> {
  return req.raw.bodyUsed ? req.arrayBuffer() : readLimited(req.raw.body ?? [], bodyBytesMax);
}
