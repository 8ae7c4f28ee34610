import { copyFileSync, rmSync } from "node:fs";
import { isBridgeError, requestKeyOf } from "@bridge/core";
import { Controller } from "@bridge/controller";
import { LocalHost } from "./local-host.ts";
import { type Expected, grantOf, lease, masterSecret, observe, owner, submit, unheard } from "./observed.ts";
import { reportsOf, type Row } from "./row.ts";

const filesOf = (file: string) => [file, `${file}-wal`, `${file}-shm`];

/** The ledger's files are gone; Bridge is told to begin anew. */
async function deletedLedger(): Promise<Row> {
  await using host = new LocalHost();
  const file = host.ledger();
  const keys: string[] = [];
  {
    await using first = await observe(file, [host.entry()]);
    for (const id of ["one", "two"]) keys.push(await lease(first, grantOf(id)));
  }
  for (const path of filesOf(file)) rmSync(path, { force: true });
  const before = host.alive();
  const refusal = await Controller.open({ owner, providerId: "prove", masterSecret, backends: [host.entry()], ledger: { file, create: "never" } }).then(() => "opened", (error: unknown) => (isBridgeError(error) ? error.code : String(error)));
  await using second = await observe(file, [host.entry()]);
  const expected = keys.map((requestKey): Expected => ({ kind: "stranger", reason: "other_ledger", requestKey, backend: "local" }));
  const wrong = [...await unheard(second, expected), ...(refusal === "not_found" ? [] : [`create: "never" answered ${refusal}`])];
  return { situation: "a deleted ledger", before, after: host.alive(), reported: [...reportsOf(expected), `create: "never": ${refusal}`], wrong };
}

/** A copy of the ledger is put back that knows of one machine, of a grant that had none yet, and of nothing else. */
async function olderBackup(): Promise<Row> {
  await using host = new LocalHost();
  const [file, backup] = [host.ledger(), host.ledger("backup")];
  let accepted: string;
  {
    const grant = grantOf("accepted");
    const held = requestKeyOf(owner, grant);
    const never = new Promise<void>(() => {});
    await using first = await observe(file, [host.entry()], { probe: ({ kind, moment, requestKey }) => (kind === "choose" && moment === "before" && requestKey === held ? never : undefined) });
    await lease(first, grantOf("known"));
    accepted = await submit(first, grant);
  }
  copyFileSync(file, backup);
  let since: string;
  {
    await using again = await observe(file, [host.entry()]);
    await again.controller.waitFor(accepted, "running");
    since = await lease(again, grantOf("since"));
  }
  for (const path of filesOf(file)) rmSync(path, { force: true });
  copyFileSync(backup, file);
  const before = host.alive();
  await using second = await observe(file, [host.entry()]);
  // For the second grant the ledger begins an attempt that has a machine already, made under other keys.
  const { result } = await second.controller.waitFor(accepted, "settled");
  const code = result?.kind === "failed" ? result.failure.code : result?.kind;
  const expected: readonly Expected[] = [{ kind: "stranger", reason: "unknown_attempt", requestKey: since, backend: "local" }];
  const wrong = [...await unheard(second, expected), ...(code === "conflict" ? [] : [`the grant that was accepted ended as ${code}`])];
  return { situation: "an older backup", before, after: host.alive(), reported: [...reportsOf(expected), `a machine of a grant that had none: ${code}`], wrong };
}

/** Two installations of the same configuration, each with a ledger of its own, at the same time. */
async function copiedConfig(): Promise<Row> {
  await using host = new LocalHost();
  await using first = await observe(host.ledger("one"), [host.entry()]);
  const one = await lease(first, grantOf("one"));
  await using second = await observe(host.ledger("two"), [host.entry()]);
  const two = await lease(second, grantOf("two"));
  const before = host.alive();
  const seen = (requestKey: string): Expected => ({ kind: "stranger", reason: "other_ledger", requestKey, backend: "local" });
  const wrong = [...await unheard(first, [seen(two)]), ...await unheard(second, [seen(one)])];
  return { situation: "a copied config with its own ledger", before, after: host.alive(), reported: reportsOf([seen(one), seen(two)]), wrong };
}

/** What can happen to a ledger. */
export const ledgerSituations = [deletedLedger, olderBackup, copiedConfig];
