import type { ComputeGrant } from "../backend/words.ts";
import type { Refusal } from "../backend/v1.ts";
import { BridgeError, type BridgeErrorDetails, toBridgeError } from "../errors/bridge-error.ts";
import type { Verdict } from "./route.ts";
import type { RoutingStep } from "./routing-record.ts";

/** The same error, with what was tried. */
export const withRouting = (error: BridgeError, routing: readonly RoutingStep[]): BridgeError => toBridgeError(error, { routing });

/** Reasons that may be gone in a while. */
const passing: readonly Refusal["reason"][] = ["unavailable", "unhealthy", "no_capacity"];

/** No backend will serve the grant; retryable where one of them may a little later. */
export function nobodyCan({ requestId }: ComputeGrant, verdicts: readonly Verdict[], routing: readonly RoutingStep[]): BridgeError {
  const refusals = Object.fromEntries(verdicts.filter(({ refusals }) => refusals.length > 0).map(({ member, refusals }) => [member.backend.name, refusals]));
  const all = Object.entries(refusals).flatMap(([name, reasons]) => reasons.map((refusal) => ({ name, ...refusal })));
  const lines = all.map(({ name, reason, message }) => `  ${name}: ${reason}: ${message}`);
  return new BridgeError("no_backend_can_satisfy", `no backend can satisfy request "${requestId}":\n${lines.join("\n")}`, {
    outcome: "none", refusals, routing, ...(all.some(({ reason }) => passing.includes(reason)) ? { retryable: true } : {}),
  });
}

/** Every candidate failed: the only error itself, or one that holds them all. */
export function allFailed({ requestId }: ComputeGrant, failures: readonly BridgeError[], routing: readonly RoutingStep[]): BridgeError {
  const [only, ...more] = failures;
  if (only === undefined) return new BridgeError("no_backend_can_satisfy", `no backend has a placement for request "${requestId}"`, { outcome: "none", routing });
  if (more.length === 0) return withRouting(only, routing);
  const waits = failures.flatMap(({ retryAfterSeconds }) => retryAfterSeconds ?? []);
  const details: BridgeErrorDetails = { outcome: "none", routing, cause: new AggregateError(failures), ...(waits.length > 0 ? { retryAfterSeconds: Math.min(...waits) } : {}) };
  const lines = failures.map(({ backend, code, message }) => `  ${backend ?? "?"}: ${code}: ${message}`);
  const code = failures.every((failure) => failure.code === only.code) ? only.code : (failures.find(({ retryable }) => retryable) ?? only).code;
  return new BridgeError(code, `every candidate for request "${requestId}" failed:\n${lines.join("\n")}`, details);
}
