import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memory } from "@bridge/core/memory";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Controller } from "../src/controller.ts";
import { openLedger } from "../src/ledger/sqlite/open-ledger.ts";

const [first, second] = ["first ".repeat(8), "second ".repeat(8)];
let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "bridge-retired-")); });
afterEach(() => rmSync(folder, { recursive: true }));

test("a ledger asks for the secret under which a waiting grant's envelope is locked", async () => {
  const file = join(folder, "ledger.db");
  const nowSeconds = Math.floor(Date.now() / 1000);
  const manifest = { cpuMillicores: 1, ramMib: 1, storageGib: 0, arch: "amd64", tdx: "none", regions: [] } as const;
  const controller = await Controller.open({
    // It is killed, so to say, before anything leaves the process.
    owner: "test", providerId: "p", masterSecret: first, backends: [memory()], ledger: { file },
    probe: ({ at }) => (at === "effect" ? new Promise(() => {}) : undefined), settings: { stopSeconds: 0.01 },
  });
  await controller.start();
  await controller.submitTrusted({ requestId: "r", issuer: "i", providerId: "p", manifest, validFrom: nowSeconds, validTo: nowSeconds + 600 }, { sshPublicKey: `ssh-ed25519 ${Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from("ssh-ed25519"), Buffer.from([0, 0, 0, 32]), Buffer.alloc(32, 7)]).toString("base64")}` });
  await controller.stop();

  const rotated = { file, owner: "test", masterSecret: second, keyVersion: 2 };
  await expect(openLedger(rotated)).rejects.toMatchObject({ code: "ledger_conflict", message: expect.stringMatching(/key version 1, as retiredSecrets/) });
  const ledger = await openLedger({ ...rotated, retiredSecrets: { 1: first } });
  await ledger.close();
});
