import { toBridgeError } from "@bridge/core";
import { waited } from "../clock.ts";
import type { GrantRow } from "../ledger/rows.ts";
import { pauseMs, type Work } from "../work.ts";
import { bringUp } from "./bring-up.ts";
import type { GrantSignals } from "./grant-signals.ts";
import { settle } from "./settle.ts";
import { watchRun } from "./watch-run.ts";

/** Takes a grant from wherever the ledger says it is to its signed log. Returns early when the controller stops: a later process goes on from the ledger. */
export async function driveGrant(work: Work, requestKey: string, signals: GrantSignals): Promise<void> {
  let deadlineMs = Number.POSITIVE_INFINITY;
  for (let failures = 0; !work.stopping.aborted;) {
    try {
      const row = await work.ledger.grant(requestKey);
      deadlineMs = row?.deadlineMs ?? deadlineMs;
      const proceed = nextOf(work, row, signals);
      if (proceed === undefined) return;
      await proceed();
      failures = 0;
    } catch (thrown) {
      if (work.stopping.aborted) return;
      failures += 1;
      const { code, message } = toBridgeError(thrown);
      const pause = pauseMs(work, failures);
      work.log.error({ requestKey, code, error: message }, "a grant cannot go on; it is tried again");
      work.events.emit({ type: "delayed", requestKey, code, message, retryInSeconds: Math.round(pause / 1000) });
      // A deadline or a cancellation that comes meanwhile is not kept waiting; once it has come, the pause is a pause.
      const leftMs = deadlineMs - work.clock.now();
      await waited(work.clock, leftMs > 0 ? Math.min(pause, leftMs) : pause, signals.ended.aborted ? work.stopping : signals.interrupted);
    }
  }
}

/** What is to be done next for a grant. */
function nextOf(work: Work, row: GrantRow | undefined, signals: GrantSignals): (() => Promise<void>) | undefined {
  if (row?.cancelledAtMs !== undefined) signals.end("cancelled");
  switch (row?.state) {
    case "accepted": return () => bringUp(work, row, signals);
    case "running": return watchOf(work, row, signals);
    case "ending": return () => settle(work, row);
    case "settled": case undefined: return undefined;
  }
}

/** Of a row, which may be large, a run that lasts for days keeps only this. */
function watchOf(work: Work, { requestKey, deadlineMs, grant: { validTo } }: GrantRow, signals: GrantSignals): () => Promise<void> {
  return () => watchRun(work, { requestKey, deadlineMs, validTo }, signals);
}
