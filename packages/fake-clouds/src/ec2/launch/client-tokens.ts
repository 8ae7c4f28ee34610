import { AwsError } from "../../aws/aws-error.ts";
import type { Ec2Cloud } from "../cloud.ts";
import type { Instance } from "../instance.ts";
import type { World } from "../world.ts";
import type { LaunchPlan } from "./launch-plan.ts";

/** Zonal where the request names a zone or implies it by a subnet, else regional: the same token in another zone is another token. */
function keyOf({ request: { ClientToken, Placement }, network }: LaunchPlan): string | undefined {
  return ClientToken === undefined ? undefined : `${Placement?.AvailabilityZone ?? network.subnet?.zone ?? "*"} ${ClientToken}`;
}

/** The request as it is compared with a later one of the same token; user data counts as any parameter. */
function parametersOf({ request: { ClientToken: _token, DryRun: _dryRun, ...parameters } }: LaunchPlan): string {
  return JSON.stringify(parameters, (_key, value: unknown) => (typeof value === "object" && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value));
}

/**
 * What an earlier request of the same token has made; undefined when there was none.
 *
 * @throws AwsError `IdempotentParameterMismatch`; `IdempotentInstanceTerminated` once all of them have ended.
 */
export function earlierLaunch(world: World, plan: LaunchPlan): readonly Instance[] | undefined {
  const used = world.tokens.get(keyOf(plan) ?? "");
  if (used === undefined) return undefined;
  if (used.parameters !== parametersOf(plan)) throw new AwsError("IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent with arguments used in previous AWS request(s).");
  if (used.instances.every(({ isLive }) => !isLive)) throw new AwsError("IdempotentInstanceTerminated", "The instances that were launched with this client token have been terminated.");
  return used.instances;
}

/** Remembers what a token made; a request that failed uses no token. */
export function rememberLaunch(world: World, plan: LaunchPlan, instances: readonly Instance[]): void {
  const key = keyOf(plan);
  if (key !== undefined) world.tokens.set(key, { parameters: parametersOf(plan), instances });
}

/** Forgets the tokens whose instances have ended long ago; called when an instance has ended. */
export function forgetTokens(cloud: Ec2Cloud, world: World, ended: Instance): void {
  cloud.clock.after(cloud.settings.tokenKeptAfterEndSeconds, () => {
    for (const [key, { instances }] of world.tokens) if (instances.includes(ended) && instances.every(({ isLive }) => !isLive)) world.tokens.delete(key);
  });
}
