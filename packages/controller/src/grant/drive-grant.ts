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
  for (let failures = 0; !work.stopping.aborted;) {
    try {
      const proceed = nextOf(work, await work.ledger.grant(requestKey), signals);
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
      await waited(work.clock, pause, work.stopping);
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
