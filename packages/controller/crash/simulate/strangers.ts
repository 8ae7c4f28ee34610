import { requestKeyOf } from "@bridge/core";
import { machineName } from "./machine.ts";
import { adoptedLedgerId, ledgerId, owner, startMs } from "./names.ts";
import type { StrangerPlan } from "./plan.ts";
import type { World } from "./world.ts";

/** Puts a machine on the platform that no process of this history made. */
export function placeStranger(world: World, { kind, leaseSeconds, grantIndex }: StrangerPlan, index: number): void {
  const grant = world.plan.grants[grantIndex]?.grant;
  const isNamesake = kind === "foreign ledger, same name" && grant !== undefined;
  const requestKey = isNamesake ? requestKeyOf(owner, grant) : `stranger${index}`.padEnd(26, "a");
  const ledgers = { "foreign owner": ledgerId, "foreign ledger": "l-foreign", "foreign ledger, same name": "l-foreign", "adopted ledger": adoptedLedgerId, "own ledger, unknown": ledgerId } as const;
  world.tally.count("strangers", kind);
  world.platform.create({
    name: machineName({ requestKey, attempt: 1 }), scope: "scope-a", placement: { scope: "scope-a", region: "a-1", size: "small", resolved: {} },
    owner: kind === "foreign owner" ? "somebody" : owner, ledgerId: ledgers[kind], backend: "alpha", requestKey, attempt: 1,
    deadlineMs: isNamesake ? grant.validTo * 1000 : startMs + leaseSeconds * 1000, fingerprint: "of somebody else",
  }, { bootMs: 0, ageMs: 60_000 });
}
