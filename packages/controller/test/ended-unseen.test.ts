import { type Backend, BridgeError, type ConfiguredBackend, type ErrorCode, type Outcome } from "@bridge/core";
import { createMemoryPlatform, memory } from "@bridge/core/memory";
import { generateSshKeyPair } from "@bridge/core/keys";
import { expect, test } from "vitest";
import { Controller, openLedger, type Probe } from "../src/index.ts";
import { keptEvents } from "./fixtures/setting.ts";
import { soon } from "./fixtures/soon.ts";

type As = (backend: ConfiguredBackend) => ConfiguredBackend;
const unchanged: As = (backend) => backend;
const but = (change: (backend: Backend) => Partial<Backend>): As => ({ plugin, options }) => ({
  options,
  plugin: {
    ...plugin,
    create: (...given) => {
      const backend = plugin.create(...given);
      return { ...backend, ...change(backend) };
    },
  },
});
const fail = (message: string, code: ErrorCode = "unavailable", outcome: Outcome = "exists") => Promise.reject(new BridgeError(code, message, { outcome }));

/** A platform whose lists are stale: its provision takes up a machine that it then sees end. */
const seesItEnd = but(() => ({ provision: () => fail("the machine ended before it was ready") }));

/** A platform that answers neither the first provision nor the first watch. */
function silentAtFirst(code: ErrorCode, outcome: Outcome): As {
  let [provisions, watches] = [0, 0];
  return but((backend) => ({
    provision: (...given) => (provisions++ === 0 ? fail("the platform does not list", code, outcome) : backend.provision(...given)),
    watchUntilExit: (...given) => (watches++ === 0 ? fail("the platform does not list") : backend.watchUntilExit(...given)),
  }));
}

/** A controller that died when the workload ran and nothing said so yet. */
async function diedBeforeItSaidSo() {
  const [owner, masterSecret] = ["tests", "x".repeat(32)];
  const platform = createMemoryPlatform();
  const ledger = await openLedger({ file: ":memory:", owner, masterSecret });
  const open = (as: As, probe?: Probe) => Controller.open({
    owner, masterSecret, providerId: "here", ledger, backends: [as(memory({}, { platform }))], settings: { stopSeconds: 0.1 }, ...(probe === undefined ? {} : { probe }),
  });
  const now = Math.floor(Date.now() / 1000);
  const grant = {
    requestId: "unseen", issuer: "tests", providerId: "here", validFrom: now - 1, validTo: now + 600,
    manifest: { cpuMillicores: 100, ramMib: 64, storageGib: 0, arch: "amd64", tdx: "none", regions: [] },
  } as const;
  const started = Promise.withResolvers<void>();
  const first = await open(unchanged, ({ kind, moment }) => {
    if (kind !== "run" || moment !== "before") return;
    started.resolve();
    return new Promise(() => {});
  });
  await first.start();
  const { requestKey } = await first.submitTrusted(grant, { sshPublicKey: generateSshKeyPair().publicKey });
  await started.promise;
  return { platform, requestKey, first, open };
}

test.each([["at once", unchanged], ["only later", seesItEnd]])("a workload that ended between its start and the next life of the controller, which sees that %s, counts as its platform says", async (_when, as) => {
  const { platform, requestKey, first, open } = await diedBeforeItSaidSo();
  platform.exit(requestKey, 3);
  await first.stop();

  await using second = await open(as);
  await second.start();
  const { result } = await second.waitFor(requestKey, "settled");
  expect(result).toMatchObject({ kind: "ran", usage: { exit: { reason: "exited", code: 3 }, wallSeconds: { source: "measured" } } });
});

test.each([
  ["unavailable", "exists"], ["unavailable", "unknown"], ["rate_limited", "unknown"], ["rate_limited", "none"], ["timeout", "unknown"], ["unauthorized", "none"], ["forbidden", "none"],
] as const)("a workload that runs while its platform does not answer the next life of the controller (%s, %s) is not lost: it is taken up when the platform answers", async (code, outcome) => {
  const { platform, requestKey, first, open } = await diedBeforeItSaidSo();
  await first.stop();

  await using second = await open(silentAtFirst(code, outcome));
  const events = keptEvents(second);
  await second.start();
  await second.waitFor(requestKey, "running");
  platform.exit(requestKey, 3);
  const { result } = await second.waitFor(requestKey, "settled");
  expect(result).toMatchObject({ kind: "ran", attempt: 1, usage: { exit: { reason: "exited", code: 3 } } });
  await soon(() => expect(events.map(({ type }) => type)).toContain("settled"));
  expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(["delayed"]));
  expect(events.map(({ type }) => type)).not.toContain("attempt_failed");
});
