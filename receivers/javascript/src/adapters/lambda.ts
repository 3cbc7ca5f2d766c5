import { type Bytes, fromBinary } from "../bytes.js";
import { KayleError } from "../errors.js";
import { answer, type Handle, type HandlerOptions } from "../handler.js";
import type { Receiver } from "../receiver.js";

/** What is used of the event of API Gateway (payload 2.0) and of function URLs. */
export interface LambdaEvent {
  headers: Record<string, string | undefined>;
  body?: string | null | undefined;
  isBase64Encoded?: boolean;
}

/** For AWS Lambda behind API Gateway or a function URL, which hand over a JWE in base64. */
export function lambdaHandler(
  receiver: Receiver,
  handle: Handle,
  options: HandlerOptions = {},
): (event: LambdaEvent) => Promise<{ statusCode: number; headers: Record<string, string> }> {
  return async ({ headers, body, isBase64Encoded }) => {
    const raw = () => (isBase64Encoded ? decoded(body ?? "") : (body ?? ""));
    const answered = await answer(async () => receiver.unwrap(headers, raw()), handle, options);
    return { statusCode: answered.status, headers: answered.headers };
  };
}

function decoded(base64: string): Bytes {
  try {
    return fromBinary(atob(base64));
  } catch {
    throw new KayleError("body_unavailable");
  }
}
