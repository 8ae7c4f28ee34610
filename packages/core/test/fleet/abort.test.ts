import { setTimeout as sleep } from "node:timers/promises";
import { Fleet } from "../../src/index.ts";
import { generateSshKeyPair } from "../../src/keys/index.ts";
import { memory } from "../../src/memory/index.ts";
import { expect, test } from "vitest";

test("an abort ends the wait for a backend that does not say what it offers", async () => {
  const configured = memory();
  const plugin = { ...configured.plugin, create: (...args: Parameters<typeof configured.plugin.create>) => ({ ...configured.plugin.create(...args), capabilities: () => new Promise<never>(() => {}) }) };
  const fleet = new Fleet({ owner: "tests", masterSecret: "x".repeat(32), backends: [{ ...configured, plugin }] });
  const stop = new AbortController();
  const now = Math.floor(Date.now() / 1000);
  const manifest = { cpuMillicores: 1, ramMib: 1, storageGib: 0, arch: "amd64", tdx: "none", regions: [] } as const;
  const provision = fleet.provisionForGrant({ requestId: "r", issuer: "i", providerId: "p", manifest, validFrom: now - 1, validTo: now + 60 },
    { sshPublicKey: generateSshKeyPair().publicKey }, { signal: stop.signal });
  setTimeout(() => stop.abort(), 10);
  await expect(Promise.race([provision, sleep(5000)])).rejects.toMatchObject({ code: "aborted", outcome: "none" });
});
