import { type Listing, toBridgeError } from "@bridge/core";
import { openFleet } from "../config/open-fleet.ts";
import type { ExitCode } from "../exit-codes.ts";
import { type Line, table } from "../output/line.ts";
import type { Output } from "../output/output.ts";
import type { CheckOptions } from "./check.ts";

/** A listing as JSON can hold it. */
export function listingDocument({ scopes, instances }: Listing): object {
  return {
    complete: scopes.every(({ complete }) => complete),
    scopes: scopes.map(({ scope, complete, error }) => ({ scope, complete, ...(error === undefined ? {} : { error: toBridgeError(error).toJSON() }) })),
    instances,
  };
}

/** Why a scope's machines are not all known. */
export function incompleteLines({ scopes }: Listing): readonly Line[] {
  return scopes.filter(({ complete }) => !complete).map(({ scope, error }) => {
    const { code, message } = toBridgeError(error ?? new Error("the backend gave no reason"));
    return [{ text: `incomplete: ${scope}`, style: "red" }, `: ${code}: ${message}`];
  });
}

/** All of this owner's things on all backends. Exit code 1 when a scope is incomplete. */
export async function list(options: CheckOptions, output: Output): Promise<ExitCode> {
  const { fleet } = await openFleet(options, output);
  const listing = await fleet.list().finally(() => fleet.close());
  const rows = listing.instances.map(({ requestKey, attempt, backend, placement: { region }, kind, state, instanceId, deadlineMs }) =>
    [requestKey, String(attempt), backend, region, kind, state, deadlineMs === undefined ? "" : new Date(deadlineMs).toISOString(), instanceId]);
  const incomplete = incompleteLines(listing);
  const empty = incomplete.length === 0 ? "nothing: this owner has no instances" : "nothing in the scopes that answered";
  output.result(listingDocument(listing), [
    ...(rows.length === 0 ? [empty] : table([["REQUEST KEY", "ATTEMPT", "BACKEND", "REGION", "KIND", "STATE", "DEADLINE", "INSTANCE"], ...rows])),
    ...incomplete,
  ]);
  return incomplete.length === 0 ? 0 : 1;
}
