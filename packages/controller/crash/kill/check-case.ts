import { createPublicKey } from "node:crypto";
import { compactVerify } from "jose";
import { type ComputeLog, computeLogType, type GrantStatus } from "@bridge/controller";
import { deriveProviderKey } from "@bridge/core/keys";
import type { LedgerAtDeath } from "./ledger-at-death.ts";
import type { MadeMachine, Site } from "./site.ts";
import { readBook } from "./workload.ts";

/**
 * By how much a meter may be above what the books say, and a reading above the last: the workload's last line and the last
 * reading are not taken at once, and a list is heard a moment after it was true.
 */
const meterSlackSeconds = 1;

/** What a case left, to be judged. */
export interface Remains {
  readonly site: Site;
  readonly statuses: readonly GrantStatus[];
  readonly atDeath: LedgerAtDeath;
  readonly masterSecret: string;
  /** The workload's book, by request key. */
  readonly books: ReadonlyMap<string, string>;
  readonly results: readonly string[];
}

/** How a grant ended: `ran, exited 3`, `failed, grant_expired`. */
export function resultWords({ result }: GrantStatus): string {
  if (result === undefined) return "no result";
  if (result.kind === "failed") return `failed, ${result.failure.code}`;
  const { reason, code } = result.usage.exit;
  return `ran, ${reason}${code === undefined ? "" : ` ${code}`}`;
}

/** What is not as it must be, one sentence each. */
export async function problemsOf(remains: Remains): Promise<readonly string[]> {
  const { site, statuses, books } = remains;
  const made = await site.made();
  const twice = made.filter((one, index) => made.findIndex((other) => other.requestKey === one.requestKey && other.attempt === one.attempt) !== index);
  const ofGrants = await Promise.all(statuses.map((status) => grantProblems(status, made, remains)));
  return [
    ...(statuses.length === books.size ? [] : [`${statuses.length} of ${books.size} grants were told of`]),
    ...twice.map(({ requestKey, attempt }) => `attempt ${attempt} of ${requestKey} got a second machine`),
    ...(await site.left()).map((what) => `${what} is left`),
    ...await site.wrong(),
    ...ofGrants.flat(),
  ];
}

async function grantProblems(status: GrantStatus, made: readonly MadeMachine[], remains: Remains): Promise<readonly string[]> {
  const { requestKey, state, attempts, result } = status;
  const words = resultWords(status);
  const book = readBook(remains.books.get(requestKey) ?? "");
  const openAttempts = attempts.filter((attempt) => attempt.state !== "closed");
  const unknownMachines = made.filter((machine) => machine.requestKey === requestKey && !attempts.some(({ attempt }) => attempt === machine.attempt));
  return [
    ...(state === "settled" ? [] : [`it is ${state}`]),
    ...(remains.results.includes(words) ? [] : [`it ${words}; it should have ${remains.results.join(" or ")}`]),
    ...(result?.kind === "failed" && result.failure.message === "" ? ["it failed without a reason"] : []),
    ...openAttempts.map(({ attempt }) => `attempt ${attempt} is not closed`),
    ...unknownMachines.map(({ attempt }) => `a machine was made for attempt ${attempt}, of which the ledger knows nothing`),
    ...(book.starts > 1 ? [`its workload was started ${book.starts} times`] : []),
    ...(result?.kind === "ran" && book.starts === 0 ? ["it ran, but its workload was never started"] : []),
    ...usageProblems(status, made, book.lastAtMs, remains),
    ...await logProblems(status, remains),
  ];
}

function usageProblems({ requestKey, result }: GrantStatus, made: readonly MadeMachine[], lastAtMs: number, { atDeath, site: { offBySeconds = 0 } }: Remains): readonly string[] {
  if (result?.kind !== "ran") return [];
  const { wallSeconds } = result.usage;
  const slackSeconds = meterSlackSeconds + offBySeconds;
  const machine = made.find((one) => one.requestKey === requestKey && one.attempt === result.attempt);
  if (machine === undefined) return [`it ran in attempt ${result.attempt}, for which no machine was made`];
  if (wallSeconds.source === "unknown") return ["nobody knows how long it ran"];
  const realSeconds = ((machine.endedAtMs ?? lastAtMs) - machine.madeAtMs) / 1000;
  const before = atDeath.attempts.find((attempt) => attempt.requestKey === requestKey && attempt.attempt === result.attempt)?.usage?.wallSeconds;
  return [
    ...(wallSeconds.value <= realSeconds + slackSeconds ? [] : [`${wallSeconds.value.toFixed(2)} s were metered, ${realSeconds.toFixed(2)} s it lived`]),
    ...(before === undefined || before.source === "unknown" || before.value <= wallSeconds.value + slackSeconds ? [] : [`before its death ${before.value.toFixed(2)} s were metered, at the end ${wallSeconds.value.toFixed(2)} s`]),
  ];
}

/** The one log is signed by the provider, says what the result says, and is the one that was there before, if any was. */
async function logProblems({ requestKey, log = "", result }: GrantStatus, { atDeath, masterSecret }: Remains): Promise<readonly string[]> {
  const before = atDeath.grants.find((grant) => grant.requestKey === requestKey)?.log;
  try {
    const { payload, protectedHeader } = await compactVerify(log, createPublicKey(deriveProviderKey(masterSecret)), { algorithms: ["EdDSA"] });
    const said = JSON.parse(new TextDecoder().decode(payload)) as ComputeLog; // signed by the controller
    const ran = result?.kind === "ran" ? result.usage : undefined;
    return [
      ...(protectedHeader.typ === computeLogType ? [] : [`its log is of type ${protectedHeader.typ}`]),
      ...(said.requestKey === requestKey && said.endedAtMs === result?.endedAtMs ? [] : ["its log is of another grant or end"]),
      ...(JSON.stringify(ran?.exit) === JSON.stringify(said.run?.exit) && JSON.stringify(ran?.wallSeconds) === JSON.stringify(said.run?.usage.wallSeconds) ? [] : ["its log says other usage than its result"]),
      ...(before === undefined || before === log ? [] : ["it has a second log"]),
    ];
  } catch (error) {
    return [`its log does not verify: ${String(error)}`];
  }
}
