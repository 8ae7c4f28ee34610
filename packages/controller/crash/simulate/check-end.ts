import { decodeUsage } from "@bridge/core";
import { checkCalm } from "./check-calm.ts";
import { machineName, wallSecondsAt } from "./machine.ts";
import { isOwn } from "./names.ts";
import type { World } from "./world.ts";

interface Run {
  readonly attempt: number;
  readonly usage: object;
  readonly exit: object;
}

const toleranceSeconds = 0.001;
/** A list may be stale by so much, and a reading with it. */
const staleSeconds = 10;

/** What must hold when all is over. Returns how each grant ended. */
export function checkEnd(world: World): readonly string[] {
  const { checks, store, platform } = world;
  for (const requestKey of checks.acknowledged) {
    if (store.grant(requestKey) === undefined) checks.violate(`${requestKey} was accepted and is forgotten`);
  }
  for (const machine of platform.present()) {
    if (isOwn(machine) && store.grant(machine.spec.requestKey) !== undefined) checks.violate(`${machine.id} of ${machine.spec.name} is left`);
  }
  return store.grants().map((row) => {
    const requestKey = String(row["request_key"]);
    if (row["state"] !== "settled" || typeof row["log"] !== "string") {
      checks.violate(`${requestKey} is ${String(row["state"])}, not settled`);
      return "not settled";
    }
    if (row["log"] !== checks.logs.get(requestKey)) checks.violate(`the log of ${requestKey} is another than was signed first`);
    if (row["active"] !== 0) checks.violate(`${requestKey} is over and still counts against limits`);
    if (row["envelope_box"] !== null) checks.violate(`the envelope of ${requestKey} was not erased`);
    for (const { state, salt, attempt } of store.attempts(requestKey)) {
      if (state !== "closed") checks.violate(`attempt ${String(attempt)} of ${requestKey} is ${String(state)}, not closed`);
      else if (salt !== null) checks.violate(`the salt of attempt ${String(attempt)} of ${requestKey} was not erased`);
    }
    return checkLog(world, requestKey, row["log"]);
  });
}

function checkLog(world: World, requestKey: string, log: string): string {
  // What the controller signed: a ComputeLog.
  const { run, failure } = JSON.parse(Buffer.from(log.split(".")[1] ?? "", "base64url").toString()) as { readonly run?: Run; readonly failure?: { readonly code: string } };
  if (run === undefined) {
    if (failure === undefined) world.checks.violate(`the log of ${requestKey} says nothing`);
    checkCalm(world, requestKey, undefined);
    return "failed";
  }
  const { wallSeconds, exit } = decodeUsage({ ...run.usage, exit: run.exit });
  const { readings, lastSample } = world.checks.said(requestKey, run.attempt);
  const machine = world.platform.machines.find((one) => isOwn(one) && one.spec.name === machineName({ requestKey, attempt: run.attempt }));
  const wrong = (why: string) => world.checks.violate(`usage of ${requestKey}: ${why}`);
  if (machine === undefined) wrong("of a machine that never was");
  else if (wallSeconds.source === "unknown") {
    if (lastSample !== undefined) wrong(`unknown, though ${lastSample} s were written down`);
  } else {
    const { value } = wallSeconds;
    const trueSeconds = wallSecondsAt(machine, world.scheduler.nowMs);
    if (!readings.has(value)) wrong(`${value} s, which nobody has read`);
    if (value > trueSeconds + toleranceSeconds) wrong(`${value} s, more than the ${trueSeconds} s that ${machine.id} lived`);
    if (value < (lastSample ?? 0) - staleSeconds) wrong(`${value} s, less than the ${lastSample} s that were read before`);
    if (exit.reason === "exited" && Math.abs(value - trueSeconds) > toleranceSeconds) wrong(`${value} s until its end, which came after ${trueSeconds} s`);
  }
  checkCalm(world, requestKey, { reason: exit.reason, isWallKnown: wallSeconds.source !== "unknown", attempt: run.attempt });
  return exit.reason;
}
