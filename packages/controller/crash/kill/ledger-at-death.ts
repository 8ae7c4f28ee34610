import { copyFileSync, existsSync } from "node:fs";
import { type AttemptRow, type GrantRow, openLedger } from "@bridge/controller";

/** What a ledger held when its process died. */
export interface LedgerAtDeath {
  readonly grants: readonly GrantRow[];
  readonly attempts: readonly AttemptRow[];
}

/** Reads a copy, so that the recovery of the ledger itself is left to the next runner. Without a file there was nothing yet. */
export async function ledgerAtDeath(file: string, requestKeys: readonly string[], { owner, masterSecret }: { readonly owner: string; readonly masterSecret: string }): Promise<LedgerAtDeath> {
  if (!existsSync(file)) return { grants: [], attempts: [] };
  const copy = `${file}.at-death`;
  for (const suffix of ["", "-wal"]) if (existsSync(`${file}${suffix}`)) copyFileSync(`${file}${suffix}`, `${copy}${suffix}`);
  const ledger = await openLedger({ file: copy, owner, masterSecret });
  try {
    const grants = await Promise.all(requestKeys.map((requestKey) => ledger.grant(requestKey)));
    const attempts = await Promise.all(requestKeys.map((requestKey) => ledger.attempts(requestKey)));
    return { grants: grants.filter((grant) => grant !== undefined), attempts: attempts.flat() };
  } finally {
    await ledger.close();
  }
}
