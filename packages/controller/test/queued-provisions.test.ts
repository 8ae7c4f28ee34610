import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { testFolder } from "./fixtures/folder.ts";
import { hangs, instanceFor, scripted } from "./fixtures/scripted-backend.ts";
import { envelope, grantOf, startedOn, startMs, stillPlatform } from "./fixtures/setting.ts";

/** A controller that may run one provision at once, started again with two attempts whose machines were made and of which the first takes all of its time. */
async function oneAtOnce({ validTo = startMs / 1000 + 3600 }: { readonly validTo?: number } = {}) {
  const platform = stillPlatform();
  const folder = testFolder();
  const terminatedAt: Record<string, number> = {};
  const pass = async (seconds: number) => {
    for (let passed = 0; passed < seconds; passed++) {
      await platform.advance(1);
      await sleep(2);
    }
  };
  const open = (provisionsAtOnce: number) => startedOn(platform, { ledger: { file: folder.ledger }, settings: { provisionsAtOnce, stopSeconds: 1 }, backends: [scripted("a", {
    provision: async (grant, _envelope, context) => {
      try {
        context.mayCreate();
      } catch {
        // It was made before.
      }
      await context.onCreated(instanceFor("a", grant, context));
      return hangs();
    },
    terminate: async ({ requestKey }) => { terminatedAt[requestKey] = platform.now(); },
  })] });
  const first = await open(2);
  await first.submitTrusted(grantOf("neighbour"), envelope);
  await pass(1);
  const { requestKey } = await first.submitTrusted(grantOf("queued", { validTo }), envelope);
  await pass(2);
  const stopped = first.stop();
  await pass(3);
  await stopped;
  const controller = await open(1);
  await pass(2);
  const end = async () => {
    const stopping = controller.stop();
    await pass(3);
    await stopping;
    folder[Symbol.dispose]();
  };
  return { platform, controller, requestKey, pass, terminatedAt, end };
}

test("a grant that waits for its turn is cancelled at once, also while its neighbour takes all of its time", async () => {
  const { platform, controller, requestKey, pass, terminatedAt, end } = await oneAtOnce();
  const cancelledAtMs = platform.now();
  await controller.cancel(requestKey);
  await pass(3);
  expect(await controller.status(requestKey)).toMatchObject({ state: "settled" });
  expect((terminatedAt[requestKey] ?? Infinity) - cancelledAtMs).toBeLessThanOrEqual(3000);
  await end();
});

test("a grant that waits for its turn ends at its deadline", async () => {
  const { controller, requestKey, pass, terminatedAt, end } = await oneAtOnce({ validTo: startMs / 1000 + 20 });
  await pass(20);
  expect(await controller.status(requestKey)).toMatchObject({ state: "settled" });
  expect(terminatedAt[requestKey]).toBeLessThanOrEqual(startMs + 23_000);
  await end();
});
