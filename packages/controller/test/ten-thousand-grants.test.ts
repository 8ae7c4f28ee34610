import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Backend, BridgeError, createAlmanac, type Meter, type UsageMetrics } from "@bridge/core";
import { expect, test } from "vitest";
import { Controller } from "../src/index.ts";
import { envelope, grantOf, masterSecret } from "./fixtures/setting.ts";
import { scripted } from "./fixtures/scripted-backend.ts";

/** All of them take a minute; the short run shows the same of a part. */
const count = process.env["BRIDGE_TEST_ALL"] === "1" ? 10_000 : 1000;
const none: Meter = { source: "unknown" };
const usage: UsageMetrics = { wallSeconds: { value: 1, source: "measured" }, cpuCoreSeconds: none, ramMibSeconds: none, networkRxBytes: none, networkTxBytes: none, exit: { reason: "exited", code: 0 } };
const plenty = { concurrentGrants: 1e6, cpuMillicores: 1e9, ramMib: 1e9, storageGib: 1e9, coreSecondsPerDay: 1e12 };

setFlagsFromString("--expose-gc");
const collect: unknown = runInNewContext("gc");

/** Memory in KiB that is held, garbage taken away. */
function heldKib(): number {
  if (typeof collect === "function") collect();
  return process.memoryUsage().heapUsed / 1024;
}

test(`${count} grants at once all run and all settle, in bounded memory; a reader that does not read costs no more than its backlog`, { timeout: 300_000 }, async () => {
  const ends = Promise.withResolvers<UsageMetrics>();
  const watchUntilExit: Backend["watchUntilExit"] = (_instance, _validTo, { signal } = {}) => new Promise((resolve, reject) => {
    signal?.addEventListener("abort", () => reject(new BridgeError("aborted", "the watch was ended")), { once: true });
    void ends.promise.then(resolve);
  });
  let [provisions, most] = [0, 0];
  await using controller = await Controller.open({
    owner: "owner", providerId: "provider", masterSecret, backends: [scripted("a", { watchUntilExit })], ledger: { file: ":memory:" }, almanac: createAlmanac(),
    limits: { default: plenty, owner: plenty },
    probe: ({ kind, moment }) => {
      if (kind !== "provision" || moment === "sent") return;
      provisions += moment === "before" ? 1 : -1;
      most = Math.max(most, provisions);
    },
  });
  await controller.start();
  const slow = controller.events();
  const now = Math.floor(Date.now() / 1000);
  const before = heldKib();
  const keys = (await Promise.all(Array.from({ length: count }, (_, i) => controller.submitTrusted(grantOf(`grant-${i}`, { validFrom: now - 1, validTo: now + 3600 }), envelope)))).map(({ requestKey }) => requestKey);
  for (const key of keys) await controller.waitFor(key, "running");
  const perGrantKib = (heldKib() - before) / count;
  expect((await controller.overview()).grants).toMatchObject({ running: count });
  ends.resolve(usage);
  for (const key of keys) await controller.waitFor(key, "settled");
  await expect.poll(async () => controller.overview(), { timeout: 60_000 }).toMatchObject({ grants: { settled: count }, openAttempts: 0 });
  await expect.poll(() => heldKib() - before, { timeout: 10_000 }).toBeLessThan(30_000);
  expect(most).toBe(64);
  expect(perGrantKib).toBeLessThan(40);
  const { value: first } = await slow.next();
  if (count * 6 > 10_000) expect(first).toMatchObject({ type: "gap", dropped: expect.any(Number) });
  else expect(first).toMatchObject({ type: "accepted" });
});
