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
      const row = await work.ledger.grant(requestKey);
      if (row === undefined || row.state === "settled") return;
      await proceed(work, row, signals);
      failures = 0;
    } catch (thrown) {
      if (work.stopping.aborted) return;
      failures += 1;
      const { code, message } = toBridgeError(thrown);
      work.log.error({ requestKey, code, error: message }, "a grant cannot go on; it is tried again");
      work.events.emit({ type: "ledger_failed", code, message });
      await waited(work.clock, pauseMs(work, failures), work.stopping);
    }
  }
}

async function proceed(work: Work, row: GrantRow, signals: GrantSignals): Promise<void> {
  if (row.cancelledAtMs !== undefined) signals.end("cancelled");
  switch (row.state) {
    case "accepted": return bringUp(work, row, signals);
    case "running": return watchRun(work, row, signals);
    case "ending": return settle(work, row);
    case "settled": return;
  }
}
