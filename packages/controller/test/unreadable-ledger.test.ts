import { BridgeError } from "@bridge/core";
import { expect, test } from "vitest";
import { type Ledger, openLedger } from "../src/index.ts";
import { envelope, grantOf, masterSecret, startedOn, stillPlatform } from "./fixtures/setting.ts";
import { soon } from "./fixtures/soon.ts";

/** A ledger whose attempts cannot be read for so many times after a grant has ended. */
async function forgetful(times: number): Promise<Ledger> {
  const ledger = await openLedger({ file: ":memory:", owner: "owner", masterSecret });
  let left = 0;
  const attempts: Ledger["attempts"] = async (requestKey) => {
    if (left-- > 0) throw new BridgeError("unavailable", "the disk failed");
    return ledger.attempts(requestKey);
  };
  const commit: Ledger["commit"] = async (step) => {
    const changed = await ledger.commit(step);
    if (step.kind === "end") left = times;
    return changed;
  };
  return new Proxy(ledger, { get: (target, key) => {
    if (key === "attempts") return attempts;
    if (key === "commit") return commit;
    const value: unknown = Reflect.get(target, key, target);
    return typeof value === "function" ? value.bind(target) : value;
  } });
}

test("a machine is ended also when the ledger could not be read right after its grant ended", async () => {
  const platform = stillPlatform();
  await using controller = await startedOn(platform, { ledger: await forgetful(3) });
  const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
  await controller.waitFor(requestKey, "running");
  await controller.cancel(requestKey).catch(() => {});
  await soon(async () => {
    await platform.advance(10);
    expect((await controller.overview()).openAttempts).toBe(0);
  });
  expect(platform.machines()).toEqual([]);
});
