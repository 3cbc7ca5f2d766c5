import { KayleError } from "../errors.js";
import { answer, type Answer, type Handle, type HandlerOptions } from "../handler.js";
import { type Body, readLimited, type Receiver } from "../receiver.js";

/** What is used of Node's request, and of what Express and Nest put on it. */
export interface NodeRequest extends AsyncIterable<Uint8Array> {
  rawHeaders: string[];
  readableDidRead?: boolean;
  body?: unknown;
  rawBody?: unknown;
}

/** What is used of Node's response. */
export interface NodeResponse {
  writeHead(status: number, headers: Record<string, string>): { end(): unknown };
}

export interface NodeHandlerOptions extends HandlerOptions {
  /**
   * Told of what your own code throws, where there is no `next` that is: it is answered with 500. Without
   * it nobody hears of it, since a rejection that nobody handles would end the process.
   */
  onError?: (error: unknown) => void;
}

/**
 * For Node's own server, Express, Nest and Koa (`nodeHandler(…)(ctx.req, ctx.res)` with
 * `ctx.respond = false`), before or after `express.json()`: no parser claims `application/jose`,
 * so the body is still in the stream, and is read there. A body that `express.raw` or
 * `express.text` has read is taken from them.
 */
export function nodeHandler(
  receiver: Receiver,
  handle: Handle,
  options: NodeHandlerOptions = {},
): (request: NodeRequest, response: NodeResponse, next?: (error: unknown) => void) => Promise<void> {
  return async (request, response, next) => {
    const unwrap = async () => receiver.unwrap(headersOf(request), await bodyOf(request, receiver));
    let answered: Answer;
    try {
      answered = await answer(unwrap, handle, options);
    } catch (error) {
      if (next !== undefined) return next(error);
      answered = { status: 500, headers: {} };
      options.onError?.(error);
    }
    const { status, headers } = answered;
    // What is left of a body that was refused is not read: the connection serves no other request.
    response.writeHead(status, status < 400 ? headers : { ...headers, Connection: "close" }).end();
  };
}

/** The headers one by one: Node's own mapping keeps one of two equal ones. */
function headersOf({ rawHeaders }: NodeRequest): [string, string][] {
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  return names.map((name, index) => [name, rawHeaders[2 * index + 1] ?? ""]);
}

async function bodyOf(request: NodeRequest, receiver: Receiver): Promise<Body> {
  const raw = [request.rawBody, request.body].find(
    (body) => typeof body === "string" || body instanceof Uint8Array,
  );
  if (raw !== undefined) return raw as Body;
  if (request.readableDidRead === true) throw new KayleError("body_unavailable");
  return readLimited(request, receiver.bodyBytesMax);
}
