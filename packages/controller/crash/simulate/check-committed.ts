import type { GrantResult } from "../../src/ledger/rows.ts";
import type { Step } from "../../src/ledger/steps.ts";
import { type Machine, machineName, stateAt } from "./machine.ts";
import { isOwn } from "./names.ts";
import type { World } from "./world.ts";

/** So long may pass between a decision and its writing down. */
const decisionMs = 90_000;

/** What may only be written down when it is true. */
export function checkCommitted(world: World, step: Step): void {
  const { checks, store, plan } = world;
  switch (step.kind) {
    case "accept": {
      const open = store.grants().filter((row) => row["issuer"] === step.grant.issuer && row["state"] !== "settled").length;
      if (open > plan.concurrentGrants) checks.violate(`${open} grants of ${step.grant.issuer} are open at once; ${plan.concurrentGrants} may be`);
      return;
    }
    case "intend": {
      const { maxAttempts = 3 } = plan.settings;
      if (step.record.attempt > maxAttempts) checks.violate(`attempt ${step.record.attempt} of ${maxAttempts} was decided`);
      return;
    }
    case "run": {
      const machine = ownMachine(world, step.requestKey, step.attempt);
      if (machine?.startedAtMs === undefined) checks.violate(`${step.requestKey} runs, says the ledger, and its workload was never started`);
      return;
    }
    case "sample": {
      const { wallSeconds } = step.usage;
      if (wallSeconds.source !== "unknown") checks.said(step.requestKey, step.attempt).lastSample = wallSeconds.value;
      return;
    }
    case "abandon": {
      const { failures } = checks.said(step.requestKey, step.attempt);
      const { code } = step.failure;
      if (code === "aborted" || (code !== "timeout" && !failures.has(code))) checks.violate(`attempt ${step.attempt} of ${step.requestKey} was abandoned for ${code}; its backend has said: ${[...failures].join(", ") || "nothing"}`);
      return;
    }
    case "close": {
      const left = world.platform.present().filter((machine) => isOwn(machine) && machine.spec.name === machineName(step));
      for (const { id } of left) checks.violate(`attempt ${step.attempt} of ${step.requestKey} was closed while ${id} exists`);
      return;
    }
    case "end": return checkResult(world, step.requestKey, step.result);
    case "settle": checks.logs.set(step.requestKey, step.log); return;
    case "created": case "ready": case "cancel": case "adopt": return;
  }
}

function ownMachine({ platform }: World, requestKey: string, attempt: number): Machine | undefined {
  return platform.machines.find((machine) => isOwn(machine) && machine.spec.name === machineName({ requestKey, attempt }));
}

function checkResult(world: World, requestKey: string, result: GrantResult): void {
  const { checks, store, platform, scheduler } = world;
  const row = store.grant(requestKey);
  const isCancelled = row?.["cancelled_at_ms"] !== null;
  const deadlineMs = Number(row?.["deadline_ms"]);
  const unjustified = (why: string) => checks.violate(`the result of ${requestKey} is not true: ${why}`);
  if (result.kind === "failed") {
    for (const { id, spec, goneAtMs } of platform.machines) {
      if (spec.requestKey !== requestKey || goneAtMs !== undefined || isCancelled || checks.isPast(deadlineMs)) continue;
      const attempt = store.attempt(requestKey, spec.attempt);
      if (isOwn({ spec }) && attempt?.["failure"] === null) unjustified(`it failed with ${result.failure.code} while ${id} lives and its attempt did not fail`);
    }
    if (result.failure.code === "aborted" && !isCancelled) unjustified("it was not cancelled");
    return;
  }
  const machine = ownMachine(world, requestKey, result.attempt);
  const { reason, code } = result.usage.exit;
  if (machine === undefined) return unjustified("it ran, and no machine was ever made");
  const isLive = stateAt(machine, scheduler.nowMs) === "running";
  if (reason === "exited" && machine.exit === undefined) unjustified("its workload has not ended");
  if (reason === "exited" && code !== undefined && code !== machine.exit?.code) unjustified(`its workload ended with ${machine.exit?.code}, not ${code}`);
  if (reason === "terminated" && !isCancelled) unjustified("it was not cancelled");
  if (reason === "lost" && isLive) unjustified(`${machine.id} is said to be lost, and runs`);
  if (reason === "deadline" && !checks.isPast(deadlineMs)) unjustified("its deadline has not passed");
  if (reason === "deadline" && isLive && world.skewedForMs > decisionMs) unjustified("its deadline was enforced while the clocks differ by more than a minute");
}
