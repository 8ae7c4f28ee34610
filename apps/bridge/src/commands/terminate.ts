import { BridgeError, type InstanceRef, type ListedInstance, type Listing, refOf, toBridgeError } from "@bridge/core";
import { openFleet } from "../config/open-fleet.ts";
import type { ConfigOptions } from "../config/locate-config.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { Output, OutputOptions } from "../output/output.ts";
import { closeAttempt } from "../session/close-attempt.ts";
import { incompleteLines } from "./list.ts";

/** Options of `bridge terminate`. */
export interface TerminateOptions extends ConfigOptions, OutputOptions {
  readonly allOfThisOwner?: true;
}

/** The attempts behind listed things: a machine and its remnants are one. */
function attemptsOf(instances: readonly ListedInstance[]): readonly InstanceRef[] {
  return [...new Map(instances.map((instance) => [JSON.stringify([instance.backend, instance.scope, instance.requestKey, instance.attempt]), refOf(instance)])).values()];
}

function find({ scopes, instances }: Listing, name: string | undefined): readonly InstanceRef[] {
  const found = instances.filter(({ requestKey, instanceId }) => name === undefined || name === requestKey || name === instanceId);
  if (found.length > 0 || name === undefined) return attemptsOf(found);
  const silent = scopes.filter(({ complete }) => !complete).map(({ scope }) => scope);
  if (silent.length === 0) throw new BridgeError("not_found", `this owner has nothing called "${name}"`);
  throw new BridgeError("unavailable", `"${name}" was not seen, but not everything could be: ${silent.join(", ")} did not answer in full`);
}

/** Ends instances, also those that another process made. Exit code 1 when one may be left. */
export async function terminate(name: string | undefined, options: TerminateOptions, output: Output): Promise<ExitCode> {
  if ((name === undefined) !== (options.allOfThisOwner ?? false)) {
    throw new BridgeError("invalid_option", name === undefined ? "name a request key or an instance id, or give --all-of-this-owner" : "give either a name or --all-of-this-owner");
  }
  const { fleet } = await openFleet(options, output);
  try {
    const listing = await fleet.list();
    const refs = find(listing, name);
    const results = await Promise.allSettled(refs.map((ref) => closeAttempt(fleet, ref, output)));
    const failed = refs.flatMap((ref, index) => {
      const result = results[index];
      return result?.status === "rejected" ? [{ ref, error: toBridgeError(result.reason) }] : [];
    });
    const terminated = refs.filter((_, index) => results[index]?.status === "fulfilled");
    const incomplete = incompleteLines(listing);
    output.result({ terminated, failed: failed.map(({ ref, error }) => ({ ref, error: error.toJSON() })), complete: incomplete.length === 0 }, [
      ...(refs.length === 0 ? ["nothing to end"] : terminated.map(({ backend, requestKey, attempt }) => `ended: attempt ${attempt} of ${requestKey} on ${backend}`)),
      ...incomplete,
    ]);
    const [first] = failed;
    if (first !== undefined) throw new BridgeError(first.error.code, failed.map(({ error }) => error.message).join("\n"), { operation: "terminate", cause: new AggregateError(failed.map(({ error }) => error)) });
    return incomplete.length > 0 ? 1 : 0;
  } finally {
    await fleet.close();
  }
}
