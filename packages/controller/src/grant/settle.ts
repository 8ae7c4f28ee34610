import { BridgeError } from "@bridge/core";
import type { GrantResult, GrantRow } from "../ledger/rows.ts";
import { computeLogOf, signComputeLog } from "../records/compute-log.ts";
import type { Work } from "../work.ts";

/** Decides a grant's result, once: whoever comes later changes nothing. What it had open begins to close. */
export async function endGrant(work: Work, { requestKey }: Pick<GrantRow, "requestKey">, result: GrantResult, more: { readonly closeAfterMs?: number } = {}): Promise<void> {
  const ended = await work.sideEffects.commit({ kind: "end", requestKey, result, atMs: work.clock.now(), ...more });
  if (ended) {
    work.log.info({ requestKey, result: result.kind, ...(result.kind === "failed" ? { code: result.failure.code } : { exit: result.usage.exit.reason }) }, "grant ended");
    work.events.emit({ type: "ended", requestKey, result });
    work.changed(requestKey);
  }
  void work.closeAttempts(requestKey);
}

/** Signs the log of a grant whose result is decided. Closing its machine goes on by itself. */
export async function settle(work: Work, row: GrantRow): Promise<void> {
  const { requestKey, result } = row;
  if (result === undefined) throw new BridgeError("internal", `grant ${requestKey} is ending without a result`);
  const log = signComputeLog(computeLogOf({ ...row, result }), work.signer);
  if (await work.sideEffects.commit({ kind: "settle", requestKey, log, atMs: work.clock.now() })) work.events.emit({ type: "settled", requestKey });
  work.changed(requestKey);
}
