import { expect, test } from "vitest";
import { formatExitLine } from "../src/index.ts";
import { bench, contextOf, envelope, grant, refOf } from "./fixtures/setting.ts";

test("a grant becomes a machine that runs its workload, ends, is metered and is gone", async () => {
  const { backend, platform } = bench();
  const recorded = contextOf();
  const { context, events } = recorded;
  const instance = await backend.provision(grant(), envelope(), context);
  expect(events).toEqual(["adopting", "creating", "mayCreate", "onCreated", "booting", "connecting", "onReady", "starting", "ready"]);
  expect(instance).toMatchObject({ backend: "fake", instanceId: "m-1", publicHost: "127.0.0.1", user: "bridge", hostKey: context.keys.host.publicKey, hostKeyProvenance: "injected", isolation: "vm", tdx: "none", providerId: "provider" });
  expect(platform.machine.starts).toEqual([{
    version: 1, requestKey: context.requestKey, attempt: 1, sshPublicKey: context.keys.requesterPublicKey,
    exitMac: Buffer.from(context.keys.exitMac).toString("base64"), command: ["/bin/true"], environment: { GREETING: "hello" },
  }]);

  const watching = backend.watchUntilExit(instance, grant().validTo, { exitMac: context.keys.exitMac });
  platform.consoleText = `boot\r\n[   12.3] ${formatExitLine({ code: 7, cpuMicroseconds: 1_500_000, networkRxBytes: 10 }, context, context.keys.exitMac)}\r\n`;
  platform.change("m-1", { state: "ending" });
  expect(await watching).toMatchObject({
    exit: { reason: "exited", code: 7, source: "reported" },
    cpuCoreSeconds: { value: 1.5, source: "reported" }, networkRxBytes: { value: 10, source: "reported" }, networkTxBytes: { source: "unknown" },
    wallSeconds: { source: "measured" }, ramMibSeconds: { source: "allocated" },
  });

  platform.change("m-1", { state: "running" });
  await backend.terminate(refOf(recorded, "m-1"));
  expect(await backend.list()).toEqual({ scopes: [{ scope: "scope-a", complete: true }], instances: [] });
});
