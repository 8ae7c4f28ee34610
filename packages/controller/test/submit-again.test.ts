import { createMemoryPlatform, memory } from "@bridge/core/memory";
import { generateSshKeyPair } from "@bridge/core/keys";
import { expect, test } from "vitest";
import { Controller, systemClock } from "../src/index.ts";

test("the same submission gets the same answer also after the grant has expired", async () => {
  let aheadMs = 0;
  await using controller = await Controller.open({
    owner: "tests", providerId: "here", masterSecret: "x".repeat(32), ledger: { file: ":memory:" },
    backends: [memory({}, { platform: createMemoryPlatform() })], clock: { ...systemClock, now: () => Date.now() + aheadMs },
  });
  await controller.start();
  const now = Math.floor(Date.now() / 1000);
  const grant = {
    requestId: "again", issuer: "tests", providerId: "here", validFrom: now - 1, validTo: now + 600,
    manifest: { cpuMillicores: 100, ramMib: 64, storageGib: 0, arch: "amd64", tdx: "none", regions: [] },
  } as const;
  const envelope = { sshPublicKey: generateSshKeyPair().publicKey };
  const { requestKey } = await controller.submitTrusted(grant, envelope);
  await controller.waitFor(requestKey, "running");

  aheadMs = 700_000;
  expect(await controller.submitTrusted(grant, envelope)).toMatchObject({ requestKey });
  await expect(controller.submitTrusted({ ...grant, requestId: "late" }, envelope)).rejects.toMatchObject({ code: "grant_expired" });
});
