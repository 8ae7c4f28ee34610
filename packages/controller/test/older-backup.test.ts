import { expect, test } from "vitest";
import { envelope, grantOf, startedOn, stillPlatform } from "./fixtures/setting.ts";
import { instanceFor, scripted } from "./fixtures/scripted-backend.ts";

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
