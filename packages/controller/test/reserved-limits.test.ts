import { afterEach, beforeEach, expect, test } from "vitest";
import type { IssuerLimits } from "../src/admission/limits.ts";
import type { Ledger } from "../src/ledger/ledger.ts";
import { openLedger } from "../src/ledger/sqlite/open-ledger.ts";

const dayMs = 86_400_000;
const plenty: IssuerLimits = { concurrentGrants: 1e9, cpuMillicores: 1e9, ramMib: 1e9, storageGib: 1e9, longestLeaseSeconds: 1e9, coreSecondsPerDay: 1e9 };
let ledger: Ledger;
beforeEach(async () => {
  ledger = await openLedger({ file: ":memory:", owner: "test", masterSecret: "x".repeat(32), soon: queueMicrotask });
});
afterEach(() => ledger.close());

const keyOf = (name: string) => name.padEnd(26, "a");

/** One core, 100 MiB, 10 GiB, for 100 seconds. */
function accept(name: string, { atMs = 0, issuer = "one", issuerLimits = {}, ownerLimits = {} }: { readonly atMs?: number; readonly issuer?: string; readonly issuerLimits?: Partial<IssuerLimits>; readonly ownerLimits?: Partial<IssuerLimits> } = {}): Promise<boolean> {
  const manifest = { cpuMillicores: 1000, ramMib: 100, storageGib: 10, arch: "amd64", tdx: "none", regions: [] } as const;
  return ledger.commit({
    kind: "accept", requestKey: keyOf(name), envelopeMac: "1.mac", envelopeBox: "box", atMs, deadlineMs: atMs + 100_000,
    grant: { requestId: name, issuer, providerId: "p", validFrom: 0, validTo: 1, manifest }, issuerLimits: { ...plenty, ...issuerLimits }, ownerLimits: { ...plenty, ...ownerLimits },
  });
}

async function end(name: string, endedAtMs: number): Promise<void> {
  await ledger.commit({ kind: "end", requestKey: keyOf(name), atMs: endedAtMs, result: { kind: "failed", endedAtMs, failure: { code: "aborted", message: "" } } });
  await ledger.commit({ kind: "settle", requestKey: keyOf(name), log: "log", atMs: endedAtMs });
}

test("what an issuer has counts for it and for the owner, not for another issuer", async () => {
  await accept("a");
  await accept("b");
  const twice = { concurrentGrants: 2, cpuMillicores: 2000, ramMib: 200, storageGib: 20 };
  const refused = accept("c", { issuerLimits: twice });
  await expect(refused).rejects.toMatchObject({ code: "limit_exceeded" });
  for (const name of Object.keys(twice)) await expect(refused).rejects.toThrow(`issuer "one": ${name}`);
  await expect(accept("c", { issuer: "two", ownerLimits: twice })).rejects.toThrow("this installation: concurrentGrants: 1 asked, 2 of 2 in use");
  expect(await accept("c", { issuer: "two", issuerLimits: twice })).toBe(true);
});

test("a grant that is over gives back what it had reserved, once", async () => {
  await accept("a");
  await end("a", 50_000);
  await ledger.commit({ kind: "settle", requestKey: keyOf("a"), log: "log", atMs: 60_000 });
  const once = { concurrentGrants: 1, cpuMillicores: 1000, ramMib: 100, storageGib: 10 };
  expect(await accept("b", { issuerLimits: once, ownerLimits: once })).toBe(true);
  await expect(accept("c", { issuerLimits: once })).rejects.toThrow("1 of 1 in use");
});

test("the same submission again reserves nothing more", async () => {
  await accept("a");
  expect(await accept("a")).toBe(false);
  expect(await accept("b", { issuerLimits: { concurrentGrants: 2, coreSecondsPerDay: 200 } })).toBe(true);
});

test("core-seconds of an early end are given back to the day", async () => {
  await accept("a");
  await end("a", 30_000);
  await expect(accept("b", { issuerLimits: { coreSecondsPerDay: 129 } })).rejects.toThrow("100 asked, 30 of 129 in use");
  expect(await accept("b", { issuerLimits: { coreSecondsPerDay: 130 }, ownerLimits: { coreSecondsPerDay: 130 } })).toBe(true);
});

test.each([0, 1, 599_999, 600_000, 1_234_567])("core-seconds admitted at %i ms count for exactly a day", async (atMs) => {
  await accept("a", { atMs });
  const issuerLimits = { coreSecondsPerDay: 100 };
  await expect(accept("b", { atMs: atMs + dayMs - 1, issuerLimits })).rejects.toThrow("100 of 100 in use");
  await expect(accept("b", { atMs: atMs + dayMs - 1, ownerLimits: issuerLimits })).rejects.toThrow("100 of 100 in use");
  expect(await accept("b", { atMs: atMs + dayMs, issuerLimits, ownerLimits: issuerLimits })).toBe(true);
});

test("a refused grant reserves nothing", async () => {
  await expect(accept("a", { issuerLimits: { ramMib: 99 } })).rejects.toMatchObject({ code: "limit_exceeded" });
  expect(await accept("b", { issuerLimits: { concurrentGrants: 1, coreSecondsPerDay: 100 } })).toBe(true);
});
