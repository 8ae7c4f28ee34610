import { reapExpired, toBridgeError } from "@bridge/core";
import { openFleet } from "../config/open-fleet.ts";
import type { ConfigOptions } from "../config/locate-config.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { Line } from "../output/line.ts";
import type { Output, OutputOptions } from "../output/output.ts";
import { heartbeatPath, leaveHeartbeat } from "../reaper/heartbeat.ts";

/** Options of `bridge reap`. */
export interface ReapCommandOptions extends ConfigOptions, OutputOptions {
  readonly reportOnly?: true;
  /** Where to leave the heartbeat that `bridge doctor` looks for. */
  readonly heartbeat?: string;
}

/** Ends everything of this owner whose own deadline has passed by two minutes. Needs no ledger and no master secret. Exit code 1 when something could not be looked at or ended. */
export async function reap(options: ReapCommandOptions, output: Output): Promise<ExitCode> {
  const { fleet, config: { owner }, path } = await openFleet(options, output, { masterSecret: "unused" });
  const reportOnly = options.reportOnly ?? false;
  const { attempts, passedOver, left } = await reapExpired(fleet, { reportOnly }).finally(() => fleet.close());
  const failed = attempts.filter(({ result }) => result === "failed").length;
  output.result({
    owner, reportOnly, left,
    attempts: attempts.map(({ error, ...attempt }) => ({ ...attempt, ...(error === undefined ? {} : { error: error.toJSON() }) })),
    passedOver: passedOver.map(({ scope, reason }) => ({ scope, reason: toBridgeError(reason).toJSON() })),
  }, [
    ...attempts.map(({ ref: { backend, requestKey, attempt, instanceId = "" }, deadlineMs, result, error }): Line => {
      const what = `attempt ${attempt} of ${requestKey} on ${backend} ${instanceId}, due since ${new Date(deadlineMs).toISOString()}`;
      if (error !== undefined) return [{ text: "failed", style: "red" }, `: ${what}: ${error.message}`];
      return result === "report" ? [{ text: "would end", style: "yellow" }, `: ${what}`] : [{ text: "ended", style: "green" }, `: ${what}`];
    }),
    ...passedOver.map(({ scope, reason }): Line => [{ text: "passed over", style: "yellow" }, `: ${scope}: ${reason.message}`]),
    `${attempts.length === 0 ? "nothing is past its deadline" : `${attempts.length - failed} ${reportOnly ? "would be ended" : "ended"}, ${failed} failed`}; ${left} left alone`,
  ]);
  // Last, so that what was done is told also where the heartbeat cannot be left.
  if (!reportOnly) await leaveHeartbeat(heartbeatPath(path, options.heartbeat), { atMs: Date.now(), owner, ended: attempts.length - failed, failed, passedOver: passedOver.length });
  return failed > 0 || passedOver.length > 0 ? 1 : 0;
}
