// An organization of its own for every spec, on the service that the Rust test started.

import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where the service is reached. */
export const url = process.env.DASHBOARD_URL;

/** Runs an admin command and returns what it printed. */
export async function admin(...command) {
  const { stdout } = await run(process.env.DASHBOARD_BINARY, ["admin", "--json", ...command], {
    cwd: process.env.DASHBOARD_FOLDER,
    env: JSON.parse(process.env.DASHBOARD_SETTINGS),
  });
  return JSON.parse(stdout);
}

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** The public half of a key that was made for this run. */
export const jwk = publicKey.export({ format: "jwk" });
export const pem = publicKey.export({ format: "pem", type: "spki" });

/** Its private half, as it lies in a file. */
export const privatePem = privateKey.export({ format: "pem", type: "pkcs8" });

/** An organization with access to it. */
export class World {
  static async make(name = "Radium Institute") {
    const world = new World();
    world.organization = (await admin("organization", "create", "--name", name)).id;
    const scopes = ["webhooks:write", "sessions:write"].flatMap((scope) => ["--scope", scope]);
    const key = await admin("api-key", "create", "--organization", world.organization, "--name", "specs", ...scopes);
    world.key = key.key;
    world.token = (await admin("service-token", "create", "--subject", "verifier")).token;
    return world;
  }

  /** Calls the API, and returns the data of its answer. */
  async call(method, path, body, token = this.key) {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer.error)}`);
    return answer.data;
  }

  /** Makes an endpoint at a receiver, with a key unless told otherwise. */
  async endpoint(receiver, more = {}, hasKey = true) {
    const made = await this.call("POST", "/v1/webhooks/endpoints", {
      url: receiver.url, retry_schedule: "short", ...more,
    });
    const id = made.endpoint.id;
    if (hasKey) {
      await this.call("POST", `/v1/webhooks/endpoints/${id}/keys`, {
        key_id: "specs-1", algorithm: "RSA-OAEP-256", key_type: "RSA", jwk,
      });
    }
    return { id, secret: made.signing_secret };
  }

  /** Has a verification end, and returns the ids of the deliveries it caused. */
  async verification(claims = { kayle_document_id: "doc_1" }) {
    const session = await this.call("POST", "/v1/sessions");
    const report = {
      outcome: "succeeded", claims, selected_field_keys: Object.keys(claims),
    };
    const reported = await this.call("POST", `/internal/v1/sessions/${session.id}/attempts`, report, this.token);
    return { session, events: reported.events, deliveries: reported.deliveries };
  }

  /** Has the person withdraw. */
  async withdraw(session) {
    const answer = await fetch(`${url}/v1/verify/session/${session.id}/cancel`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ cancel_token: session.cancel_token }),
    });
    if (!answer.ok) throw new Error(`withdrawing: ${answer.status}`);
  }

  /** Waits until a delivery is as wanted. */
  async delivery(id, isWanted) {
    for (let look = 0; look < 400; look += 1) {
      const delivery = await this.call("GET", `/v1/webhooks/deliveries/${id}`);
      if (isWanted(delivery)) return delivery;
      await new Promise((again) => setTimeout(again, 50));
    }
    throw new Error(`delivery ${id} did not become what was waited for`);
  }

  /** Returns a link that signs in once. */
  async link(role = "owner") {
    const made = await admin("session-token", "create", "--organization", this.organization, "--role", role);
    return made.sign_in_url.replace(/^https?:\/\/[^/]+/, url);
  }

  /** Signs a page in. */
  async signIn(page, role = "owner") {
    await page.goto(await this.link(role));
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/webhooks");
  }
}
