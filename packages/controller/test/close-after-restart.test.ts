import { setTimeout as sleep } from "node:timers/promises";
import { type ConfiguredBackend, defineBackend, type InstanceRef } from "@bridge/core/backend";
import { createMemoryPlatform, memory } from "@bridge/core/memory";
import { generateSshKeyPair } from "@bridge/core/keys";
import { expect, test } from "vitest";
import { Controller, openLedger, type Probe } from "../src/index.ts";

/** The same backend, and what it was told to end. */
function recorded({ plugin, options }: ConfiguredBackend): { readonly backend: ConfiguredBackend; readonly ended: InstanceRef[] } {
  const ended: InstanceRef[] = [];
  const create: typeof plugin.create = (parsed, services) => {
    const inner = plugin.create(parsed, services);
    return {
      ...inner,
      terminate: async (ref, call) => {
        ended.push(ref);
        await inner.terminate(ref, call);
      },
    };
  };
  return { backend: { plugin: defineBackend({ ...plugin, create }), options }, ended };
}

test("the create that an earlier process may have sent just before it died is waited for, however long ago its attempt was decided", async () => {
  const [owner, masterSecret] = ["tests", "x".repeat(32)];
  const { backend, ended } = recorded(memory({}, { platform: createMemoryPlatform() }));
  const ledger = await openLedger({ file: ":memory:", owner, masterSecret });
  const open = (probe?: Probe) => Controller.open({
    owner, masterSecret, providerId: "here", ledger, backends: [backend], settings: { stopSeconds: 0.1 }, ...(probe === undefined ? {} : { probe }),
  });
  const now = Math.floor(Date.now() / 1000);
  const grant = {
    requestId: "late", issuer: "tests", providerId: "here", validFrom: now - 1, validTo: now + 600,
    manifest: { cpuMillicores: 100, ramMib: 64, storageGib: 0, arch: "amd64", tdx: "none", regions: [] },
  } as const;

  const decided = Promise.withResolvers<void>();
  // It dies before anything is sent, as far as the next one can know.
  const first = await open(({ kind, moment }) => {
    if (kind !== "provision" || moment !== "before") return;
    decided.resolve();
    return new Promise(() => {});
  });
  await first.start();
  const { requestKey } = await first.submitTrusted(grant, { sshPublicKey: generateSshKeyPair().publicKey });
  await decided.promise;
  await first.stop();
  await ledger.commit({ kind: "cancel", requestKey, atMs: Date.now() });
  await sleep(50);

  const beganMs = Date.now();
  await using second = await open();
  await second.start();
  await second.waitFor(requestKey, "settled");
  await expect.poll(() => ended.length).toBeGreaterThan(0);
  expect(ended[0]?.intentAtMs).toBeGreaterThanOrEqual(beganMs);
});
