import { type Backend, BridgeError, createAlmanac, type ListedInstance } from "@bridge/core";
import { makeBackend } from "@bridge/core/backend";
import { Patience } from "./patience.ts";
import { patientList } from "./patient-list.ts";
import type { Subject } from "./subject.ts";

const ownerPattern = /^conformance-[0-9a-f]{10}$/;

/** The other owner that some cases need beside their own; what they make is looked for, too. */
export const secondOwner = (owner: string): string => `${owner}-2`;

/** What is left of a run, one line each, and why it cannot be known where it cannot. */
interface Seen {
  readonly alive: readonly ListedInstance[];
  readonly unknown: readonly string[];
}

const lineOf = ({ kind, instanceId, scope, state, deadlineMs }: ListedInstance): string =>
  `${kind} ${instanceId} in ${scope} (${state}${deadlineMs === undefined ? "" : `, its lease ends ${new Date(deadlineMs).toISOString()}`})`;
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Uses a backend of one owner, as an operator would who knows nothing but options and owner. */
async function withBackend<T>({ plugin, options }: Subject, owner: string, use: (backend: Backend, patience: Patience) => Promise<T>): Promise<T> {
  const services = { name: plugin.name, owner, ledgerId: "ledger-audit", log, now: Date.now, almanac: createAlmanac() };
  const backend = makeBackend({ plugin, options }, services);
  try {
    return await use(backend, new Patience(undefined));
  } finally {
    await backend.close?.();
  }
}

async function look(subject: Subject, owner: string): Promise<Seen> {
  try {
    return await withBackend(subject, owner, async (backend, patience) => {
      const { scopes, instances } = await patientList(() => patience.within(backend.list(), subject.plugin.facts.createTimeoutSeconds + 20, "list()"), patience);
      if (scopes.length === 0) return { alive: [], unknown: ["list() names no scope, so nothing is known"] };
      const unknown = scopes.filter(({ complete }) => !complete).map(({ scope, error }) => `not known for scope ${scope}: ${String(error)}`);
      return { alive: instances.filter(({ kind, state }) => kind !== "machine" || state !== "ended"), unknown };
    });
  } catch (error) {
    return { alive: [], unknown: [`the list failed: ${String(error)}`] };
  }
}

const ownersOf = (owner: string): readonly string[] => [owner, secondOwner(owner)];

/**
 * What is left on a platform of a run, by its owner. One line each; empty when nothing is.
 *
 * @param settled whether lists may be older than what was done: then they are given their time first
 */
export async function leftoversOf(subject: Subject, owner: string, settled = false): Promise<readonly string[]> {
  if (!settled) await new Patience(undefined).sleep(subject.plugin.facts.settleSeconds);
  const seen = await Promise.all(ownersOf(owner).map((each) => look(subject, each)));
  return seen.flatMap(({ alive, unknown }) => [...unknown, ...alive.map(lineOf)]);
}

/** Terminates what is left of a run that was killed. Gives what could not be terminated, one line each. */
export async function endLeftovers(subject: Subject, owner: string): Promise<readonly string[]> {
  const { settleSeconds, createTimeoutSeconds } = subject.plugin.facts;
  const problems: string[] = [];
  for (const each of ownersOf(owner)) {
    const { alive, unknown } = await look(subject, each);
    problems.push(...unknown);
    const attempts = new Map(alive.map((instance) => [`${instance.requestKey} ${instance.attempt}`, instance]));
    await withBackend(subject, each, async (backend, patience) => {
      for (const instance of attempts.values()) {
        const ended = patience.within(backend.terminate(instance), 2 * (createTimeoutSeconds + settleSeconds) + 60, "terminate()");
        await ended.catch((error: unknown) => problems.push(`${lineOf(instance)} cannot be terminated: ${String(error)}`));
      }
    });
  }
  return problems;
}

/** Refuses an owner whose machines no run of the kit has made. @throws BridgeError `invalid_option` */
export function requireRunOwner(owner: string): string {
  if (!ownerPattern.test(owner)) throw new BridgeError("invalid_option", `${owner} is not the owner of a run: they are called conformance-<10 hex digits>, as the run printed at its beginning`);
  return owner;
}
