import type { InstanceRef, ListedInstance } from "@bridge/core";
import { memory } from "@bridge/core/memory";
import { expect, test } from "vitest";
import { envelope, grantOf, startedOn, stillPlatform } from "./fixtures/setting.ts";
import { instanceFor, scripted } from "./fixtures/scripted-backend.ts";
import { soon } from "./fixtures/soon.ts";

test("a machine that was there before this ledger asked for it is left to its deadline, and its grant fails", async () => {
  const platform = stillPlatform();
  const calls: string[] = [];
  const backend = scripted("a", {
    provision: async (grant, _envelope, context) => {
      const instance = instanceFor("a", grant, context);
      await context.onCreated(instance);
      return instance;
    },
  }, calls);
  await using controller = await startedOn(platform, { backends: [backend] });
  const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
  const { result } = await controller.waitFor(requestKey, "settled");
  expect(result).toMatchObject({ kind: "failed", failure: { code: "conflict", message: expect.stringContaining("older backup") } });
  await platform.advance(3600 + 60);
  expect(calls).not.toContain("terminate");
  await platform.advance(120);
  expect(calls).toContain("terminate");
});

test("a machine under the name of a closed attempt, in another scope than this ledger's attempt was in, is reported and left alone", async () => {
  const platform = stillPlatform();
  const terminated: InstanceRef[] = [];
  let shown: readonly ListedInstance[] = [];
  const elsewhere = scripted("b", {
    list: async () => ({ scopes: [{ scope: "b", complete: true }], instances: shown }),
    terminate: async (ref) => void terminated.push(ref),
  });
  await using controller = await startedOn(platform, { backends: [memory({}, { platform }), elsewhere], settings: { sweepSeconds: 1e6 } });
  const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
  await controller.waitFor(requestKey, "running");
  await controller.cancel(requestKey);
  await soon(async () => expect((await controller.overview()).openAttempts).toBe(0));
  const { ledgerId } = await controller.overview();
  shown = [{ backend: "b", scope: "b", requestKey, attempt: 1, placement: { scope: "b", region: "r", size: "s", resolved: {} }, intentAtMs: 0, instanceId: "i", kind: "machine", state: "running", ledgerId, deadlineMs: platform.now() + 1000 }];
  await controller.sweep();
  expect((await controller.overview()).strangers).toMatchObject([{ reason: "unknown_attempt", scope: "b", requestKey }]);
  expect(terminated).toEqual([]);
  await platform.advance(200);
  await controller.sweep();
  // Its own tag says that its time is over, for two minutes by now.
  expect(terminated).toMatchObject([{ requestKey, backend: "b" }]);
});

test("machines of a ledger that was lost are left alone until it is adopted, and then ended once their time is over", async () => {
  const platform = stillPlatform();
  const terminated: InstanceRef[] = [];
  const machine = (instanceId: string, seconds: number): ListedInstance => ({
    backend: "a", scope: "a", requestKey: "abcdefghijklmnopqrstuvwxyz", attempt: 1, placement: { scope: "a", region: "r", size: "s", resolved: {} }, intentAtMs: 0, instanceId,
    kind: "machine", state: "running", ledgerId: "lost", deadlineMs: platform.now() + seconds * 1000,
  });
  const instances = [machine("over", -121), machine("alive", 3600)];
  const backend = scripted("a", { list: async () => ({ scopes: [{ scope: "a", complete: true }], instances }), terminate: async (ref) => void terminated.push(ref) });
  await using controller = await startedOn(platform, { backends: [backend] });
  await controller.sweep();
  expect((await controller.overview()).strangers).toMatchObject([{ instanceId: "over", reason: "other_ledger", ledgerId: "lost" }, { instanceId: "alive" }]);
  expect(terminated).toEqual([]);
  await controller.adoptLedger("lost");
  await controller.sweep();
  expect(terminated).toMatchObject([{ instanceId: "over" }]);
});
