import type { Capabilities, Refusal } from "../backend/v1.ts";
import type { ComputeGrant, Placement } from "../backend/words.ts";
import { toBridgeError } from "../errors/bridge-error.ts";
import { decodePlacements } from "../instance/instance-codec.ts";
import { ask } from "./ask.ts";
import { answerSeconds, type FleetHealth } from "./health.ts";
import type { FleetMember } from "./members.ts";

/** A backend that can serve the grant, or why it cannot. */
export interface Verdict {
  readonly member: FleetMember;
  readonly refusals: readonly Refusal[];
  readonly tdxCapable: boolean;
  readonly milliseconds: number;
}

function ownRefusals({ backend, facts }: FleetMember, grant: ComputeGrant, capabilities: Capabilities, leaseSeconds: number): readonly Refusal[] {
  const refusals: Refusal[] = [];
  const { minLifetimeSeconds = 0, maxLifetimeSeconds = Number.POSITIVE_INFINITY } = facts;
  if (leaseSeconds < minLifetimeSeconds) refusals.push({ reason: "lifetime", message: `ends in ${leaseSeconds} s; the least is ${minLifetimeSeconds} s` });
  if (leaseSeconds > maxLifetimeSeconds) refusals.push({ reason: "lifetime", message: `ends in ${leaseSeconds} s; the most is ${maxLifetimeSeconds} s` });
  if (grant.manifest.tdx === "required" && !capabilities.tdxCapable) {
    refusals.push({ reason: "tdx", message: "requires Intel TDX; not capable of it" });
  }
  if (!backend.canSatisfy(grant)) {
    const said = (backend.explain?.(grant) ?? []).filter(({ reason }) => !refusals.some((own) => own.reason === reason));
    refusals.push(...(said.length > 0 || refusals.length > 0 ? said : [{ reason: "placement", message: "cannot satisfy it and does not say why" } as const]));
  }
  return refusals;
}

/** Asks one backend whether it can serve the grant. Never throws: a failure is a refusal. */
async function judge(member: FleetMember, grant: ComputeGrant, health: FleetHealth, leaseSeconds: number): Promise<Verdict> {
  const started = performance.now();
  const verdict = (refusals: readonly Refusal[], tdxCapable = false): Verdict =>
    ({ member, refusals, tdxCapable, milliseconds: performance.now() - started });
  const unhealthy = health.refusal(member.backend.name);
  if (unhealthy !== undefined) return verdict([unhealthy]);
  try {
    const capabilities = await health.capabilities(member);
    return verdict(ownRefusals(member, grant, capabilities, leaseSeconds), capabilities.tdxCapable);
  } catch (error) {
    const { code, message } = toBridgeError(error);
    return verdict([{ reason: "unavailable", message: `its capabilities are not known: ${code}: ${message}` }]);
  }
}

/**
 * The verdict of every backend, in the order in which they are tried: the order of the boot config; for `preferred` TDX the
 * capable ones first.
 */
export async function judgeAll(members: readonly FleetMember[], grant: ComputeGrant, health: FleetHealth, leaseSeconds: number): Promise<readonly Verdict[]> {
  const verdicts = await Promise.all(members.map((member) => judge(member, grant, health, leaseSeconds)));
  if (grant.manifest.tdx !== "preferred") return verdicts;
  return [...verdicts.filter(({ tdxCapable }) => tdxCapable), ...verdicts.filter(({ tdxCapable }) => !tdxCapable)];
}

/** The backend's placements, checked; one that does not offer the member has one, in the first region that the grant allows. */
export async function placementsOf(member: FleetMember, grant: ComputeGrant, health: FleetHealth, signal?: AbortSignal): Promise<readonly Placement[]> {
  const { backend } = member;
  if (backend.placements !== undefined) return decodePlacements(await ask(async (call) => backend.placements?.(grant, call), { signal, seconds: answerSeconds }));
  const { regions } = await health.capabilities(member);
  const region = regions.find((label) => grant.manifest.regions.length === 0 || grant.manifest.regions.includes(label)) ?? "";
  return [{ scope: backend.name, region, size: "default", resolved: {} }];
}
