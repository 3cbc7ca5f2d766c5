import { after, test } from "node:test";
import { close, withPage } from "../support/browser.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { World, url } from "../support/world.mjs";

after(close);

test("without a script, a failure is found, understood and sent again", async () => {
  const world = await World.make();
  const receiver = await startReceiver(500);
  await world.endpoint(receiver, { name: "Fraud desk" });
  const { deliveries: [delivery] } = await world.verification();
  await world.delivery(delivery, (one) => one.status === "failed");
  receiver.answer = 204;
  await withPage({ javaScriptEnabled: false }, async (page) => {
    await world.signIn(page);
    await page.getByText("Failing").waitFor();
    await page.getByRole("link", { name: "500" }).click();
    await page.getByText("answered 500").first().waitFor();
    await page.getByRole("button", { name: "Send again" }).click();
    await page.getByText("Sent again").waitFor();
    await world.delivery(delivery, (one) => one.status === "succeeded");
    await page.reload();
    await page.locator("#live .badge").getByText("Delivered").waitFor();
    await page.getByRole("button", { name: "Dark" }).click();
    await page.waitForURL(`${url}/webhooks/deliveries/${delivery}`);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Signed out" }).waitFor();
  });
  receiver.stop();
});
