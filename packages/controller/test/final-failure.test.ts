import { BridgeError } from "@bridge/core";
import { expect, test } from "vitest";
import { instanceFor, scripted } from "./fixtures/scripted-backend.ts";
import { envelope, grantOf, startedOn, stillPlatform } from "./fixtures/setting.ts";
import { testFolder } from "./fixtures/folder.ts";
import { soon } from "./fixtures/soon.ts";

test("a grant whose workload may have started fails at once and says so, though the platform refuses for hours to end its machine", async () => {
  const platform = stillPlatform();
  await using controller = await startedOn(platform, { backends: [scripted("a", {
    provision: async (grant, _envelope, context) => {
      context.mayCreate();
      const instance = instanceFor("a", grant, context);
      await context.onCreated(instance);
      await context.onReady(instance);
      throw new BridgeError("timeout", "the answer of the start was lost", { outcome: "exists" });
    },
    terminate: async () => { throw new BridgeError("unavailable", "not now"); },
  })] });
  const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
  const { result, attempts } = await controller.waitFor(requestKey, "settled");
  expect(result).toMatchObject({ kind: "failed", failure: { code: "timeout", message: expect.stringContaining("may have started") } });
  expect(attempts).toMatchObject([{ state: "closing" }]);
});

test("an attempt whose create was never sent, by a process that was down too long, is followed by one at the same place", async () => {
  const platform = stillPlatform();
  using folder = testFolder();
  const ledger = { file: folder.ledger };
  const first = await startedOn(platform, { ledger, settings: { stopSeconds: 1 }, probe: ({ at, kind }) => (at === "effect" && kind === "provision" ? new Promise<void>(() => {}) : undefined) });
  const { requestKey } = await first.submitTrusted(grantOf(), envelope);
  await soon(async () => expect((await first.status(requestKey)).attempts).toHaveLength(1));
  const stopped = first.stop();
  await platform.advance(2);
  await stopped;
  await platform.advance(600);
  await using second = await startedOn(platform, { ledger });
  await soon(async () => {
    await platform.advance(5);
    expect((await second.status(requestKey)).state).toBe("running");
  });
  expect((await second.status(requestKey)).attempts).toMatchObject([{ failure: { code: "lease_lost" } }, { attempt: 2, state: "running" }]);
});
