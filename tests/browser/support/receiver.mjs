// A customer's server that answers as it is told to.

import { createServer } from "node:http";

/** Starts one; `answer` is a status, or "silence" for no answer at all. */
export async function startReceiver(answer = 204) {
  const receiver = { answer, requests: [] };
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      receiver.requests.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      if (receiver.answer === "silence") return;
      response.writeHead(receiver.answer);
      response.end();
    });
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  receiver.url = `http://127.0.0.1:${server.address().port}/kayle`;
  // A spec that fails must end all the same.
  server.unref();
  receiver.stop = () => { server.closeAllConnections(); server.close(); };
  return receiver;
}
