import { BridgeError, type ConfiguredBackend } from "@bridge/core";
import { createMemoryPlatform, memory } from "@bridge/core/memory";
import { generateSshKeyPair } from "@bridge/core/keys";
import { expect, test } from "vitest";
import { Controller, openLedger, type Probe } from "../src/index.ts";

/** A platform whose lists are stale: its provision takes up a machine that it then sees end. */
const seesItEnd = ({ plugin, options }: ConfiguredBackend): ConfiguredBackend => ({
  options,
  plugin: {
    ...plugin,
    create: (...given) => ({
      ...plugin.create(...given),
      provision: () => Promise.reject(new BridgeError("unavailable", "the machine ended before it was ready", { outcome: "exists" })),
    }),
  },
});

test.each([["at once", (backend: ConfiguredBackend) => backend], ["only later", seesItEnd]])("a workload that ended between its start and the next life of the controller, which sees that %s, counts as its platform says", async (_when, seen) => {
  const [owner, masterSecret] = ["tests", "x".repeat(32)];
  const platform = createMemoryPlatform();
  const ledger = await openLedger({ file: ":memory:", owner, masterSecret });
  const open = (probe?: Probe, as: typeof seesItEnd = (backend) => backend) => Controller.open({
    owner, masterSecret, providerId: "here", ledger, backends: [as(memory({}, { platform }))], settings: { stopSeconds: 0.1 }, ...(probe === undefined ? {} : { probe }),
  });
  const now = Math.floor(Date.now() / 1000);
  const grant = {
    requestId: "unseen", issuer: "tests", providerId: "here", validFrom: now - 1, validTo: now + 600,
    manifest: { cpuMillicores: 100, ramMib: 64, storageGib: 0, arch: "amd64", tdx: "none", regions: [] },
  } as const;

  const started = Promise.withResolvers<void>();
  // It dies when the workload runs and nothing says so yet.
  const first = await open(({ kind, moment }) => {
    if (kind !== "run" || moment !== "before") return;
    started.resolve();
    return new Promise(() => {});
  });
  await first.start();
  const { requestKey } = await first.submitTrusted(grant, { sshPublicKey: generateSshKeyPair().publicKey });
  await started.promise;
  platform.exit(requestKey, 3);
  await first.stop();

  await using second = await open(undefined, seen);
  await second.start();
  const { result } = await second.waitFor(requestKey, "settled");
  expect(result).toMatchObject({ kind: "ran", usage: { exit: { reason: "exited", code: 3 }, wallSeconds: { source: "measured" } } });
});
