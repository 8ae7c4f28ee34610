import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ControllerOptions, IssuerLimits } from "@bridge/controller";
import type { ComputeGrant, Envelope } from "@bridge/core";
import { generateSshKeyPair } from "@bridge/core/keys";

// The same in every process of a run.
const todaySeconds = Math.floor(Date.now() / 86_400_000) * 86_400;

/** The i-th grant of a run, good until the end of tomorrow. */
export const grantOf = (i: number): ComputeGrant => ({
  requestId: `bench-${i}`, issuer: "bench", providerId: "bench", validFrom: todaySeconds, validTo: todaySeconds + 172_800,
  manifest: { cpuMillicores: 1000, ramMib: 1024, storageGib: 10, arch: "amd64", tdx: "none", regions: [] },
});

/** What a requester sends: both keys, so that receipts are sealed. */
export const envelope: Envelope = {
  sshPublicKey: generateSshKeyPair().publicKey, requesterKey: generateKeyPairSync("x25519").publicKey.export({ format: "jwk" }).x ?? "",
  command: ["sleep", "1000"], environment: { NAME: "value" },
};

const plenty: IssuerLimits = { concurrentGrants: 1e6, cpuMillicores: 1e12, ramMib: 1e12, storageGib: 1e12, longestLeaseSeconds: 1e9, coreSecondsPerDay: 1e15 };

/** What all controllers of the benchmarks have in common. */
export const common = {
  owner: "bench", providerId: "bench", masterSecret: "not a secret, for benchmarks only", limits: { default: plenty, owner: plenty },
} satisfies Partial<ControllerOptions>;

/** Gives the path for a file in a new folder, which is removed at the end. */
export async function withFile<T>(use: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "bridge-bench-"));
  try {
    return await use(join(folder, "ledger.db"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Milliseconds that each bare insert of about a step's size takes, one transaction and one fsync each, with the ledger's own pragmas. */
export function bareInserts(file: string, count: number): readonly number[] {
  const database = new DatabaseSync(file);
  try {
    database.exec("pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full; create table rows (id integer primary key, text text)");
    const insert = database.prepare("insert into rows (text) values (?)");
    const text = "x".repeat(700);
    return Array.from({ length: count }, () => {
      const started = performance.now();
      insert.run(text);
      return performance.now() - started;
    });
  } finally {
    database.close();
  }
}
