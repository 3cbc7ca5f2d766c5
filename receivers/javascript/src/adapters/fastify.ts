import { answer, type Handle, type HandlerOptions } from "../handler.js";
import type { Body, Receiver } from "../receiver.js";

/** What is used of a Fastify instance. */
export interface FastifyLike {
  addContentTypeParser(
    type: string,
    options: { parseAs: "buffer"; bodyLimit: number },
    parser: (request: unknown, body: any, done: (error: null, body: unknown) => void) => void,
  ): unknown;
  post(path: string, handler: (request: any, reply: any) => Promise<unknown>): unknown;
}

interface FastifyRequestLike {
  headers: Record<string, string | string[] | undefined>;
  body: unknown;
}

interface FastifyReplyLike {
  code(status: number): FastifyReplyLike;
  headers(headers: Record<string, string>): FastifyReplyLike;
  send(): unknown;
}

export interface FastifyKayleOptions extends HandlerOptions {
  receiver: Receiver;
  handle: Handle;
  path: string;
}

/**
 * For Fastify: `app.register(fastifyKayle, { receiver, handle, path: "/kayle" })`. The parser for
 * `application/jose`, which Fastify answers with 415 otherwise, is in the plugin's own scope.
 */
export async function fastifyKayle(app: FastifyLike, options: FastifyKayleOptions): Promise<void> {
  const { receiver, handle, path } = options;
  const parsing = { parseAs: "buffer", bodyLimit: receiver.bodyBytesMax } as const;
  app.addContentTypeParser("application/jose", parsing, (_, body, done) => done(null, body));
  app.post(path, async (request: FastifyRequestLike, reply: FastifyReplyLike) => {
    const unwrap = () => receiver.unwrap(request.headers, request.body as Body);
    const { status, headers } = await answer(unwrap, handle, options);
    return reply.code(status).headers(headers).send();
  });
}
