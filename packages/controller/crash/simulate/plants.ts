import type { Meter } from "@bridge/core";
import type { Ledger } from "../../src/ledger/ledger.ts";
import type { Usage } from "../../src/ledger/rows.ts";
import type { Step } from "../../src/ledger/steps.ts";

/** Bugs that can be planted, to see that they are found; none is in the product. */
export const plantNames = ["ledger-after-call", "one-not-found", "usage-twice"] as const;

/** `ledger-after-call`: an attempt is written down with what follows its call. `one-not-found`: a terminate believes the first list that shows nothing. `usage-twice`: readings are added up. */
export type PlantName = (typeof plantNames)[number];

/** Whether it is the name of a plant. */
export const isPlantName = (name: string): name is PlantName => plantNames.some((known) => known === name);

/** The ledger with a bug, where the bug is in the ledger. */
export function planted(ledger: Ledger, plant: PlantName | undefined): Ledger {
  switch (plant) {
    case "ledger-after-call": return withCommit(ledger, intendLate(ledger));
    case "usage-twice": return withCommit(ledger, usageTwice(ledger));
    case "one-not-found": case undefined: return ledger;
  }
}

function withCommit(ledger: Ledger, commit: Ledger["commit"]): Ledger {
  return {
    commit, ledgerId: ledger.ledgerId, get adoptedLedgers() { return ledger.adoptedLedgers; },
    grant: (requestKey) => ledger.grant(requestKey), attempts: (requestKey) => ledger.attempts(requestKey), attempt: (requestKey, attempt) => ledger.attempt(requestKey, attempt),
    unsettled: () => ledger.unsettled(), openAttempts: () => ledger.openAttempts(), counts: () => ledger.counts(), compact: () => ledger.compact(), close: () => ledger.close(),
  };
}

function intendLate(ledger: Ledger): Ledger["commit"] {
  const waiting = new Map<string, Step>();
  return async (step) => {
    if (step.kind === "intend") {
      waiting.set(step.requestKey, step);
      return true;
    }
    const before = "requestKey" in step ? waiting.get(step.requestKey) : undefined;
    if (before !== undefined && "requestKey" in step) {
      waiting.delete(step.requestKey);
      await ledger.commit(before);
    }
    return ledger.commit(step);
  };
}

function usageTwice(ledger: Ledger): Ledger["commit"] {
  return async (step) => {
    if (step.kind === "sample") return ledger.commit({ ...step, usage: sum(step.usage, (await ledger.attempt(step.requestKey, step.attempt))?.usage) });
    if (step.kind !== "end" || step.result.kind !== "ran") return ledger.commit(step);
    const before = (await ledger.attempt(step.requestKey, step.result.attempt))?.usage;
    const { exit } = step.result.usage;
    return ledger.commit({ ...step, result: { ...step.result, usage: { ...sum(step.result.usage, before), exit } } });
  };
}

function sum(now: Usage, before: Usage | undefined): Usage {
  const both = (meter: keyof Usage): Meter => {
    const [a, b] = [now[meter], before?.[meter]];
    return a.source === "unknown" || b === undefined || b.source === "unknown" ? a : { ...a, value: a.value + b.value };
  };
  return {
    wallSeconds: both("wallSeconds"), cpuCoreSeconds: both("cpuCoreSeconds"), ramMibSeconds: both("ramMibSeconds"),
    networkRxBytes: both("networkRxBytes"), networkTxBytes: both("networkTxBytes"),
  };
}
