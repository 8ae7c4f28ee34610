import { expect, test } from "vitest";
import { openLedger } from "../src/ledger/sqlite/open-ledger.ts";
import type { Step } from "../src/ledger/steps.ts";
import { smallLimits } from "../src/admission/limits.ts";

const requestKey = "a".repeat(26);
const accept: Step = {
  kind: "accept", requestKey, envelopeMac: "1.mac", envelopeBox: "box", atMs: 0, deadlineMs: 1000, issuerLimits: smallLimits, ownerLimits: smallLimits,
  grant: { requestId: "r", issuer: "i", providerId: "p", validFrom: 0, validTo: 1, manifest: { cpuMillicores: 1, ramMib: 1, storageGib: 0, arch: "amd64", tdx: "none", regions: [] } },
};

test("a reader neither sees nor hurries a step that is not durable yet", async () => {
  const flushes: (() => void)[] = [];
  const ledger = await openLedger({ file: ":memory:", owner: "test", masterSecret: "x".repeat(32), soon: (flush) => void flushes.push(flush) });
  try {
    const written = ledger.commit(accept);
    expect(await ledger.grant(requestKey)).toBeUndefined();
    flushes[0]?.();
    expect(await written).toBe(true);
    expect(await ledger.grant(requestKey)).toMatchObject({ requestKey, state: "accepted" });
  } finally {
    await ledger.close();
  }
});

test("closing writes what waits", async () => {
  const ledger = await openLedger({ file: ":memory:", owner: "test", masterSecret: "x".repeat(32), soon: () => {} });
  const written = ledger.commit(accept);
  await ledger.close();
  expect(await written).toBe(true);
});
