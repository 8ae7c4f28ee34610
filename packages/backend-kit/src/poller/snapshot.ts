import { decodeTags, tagNames, type InstanceRef } from "@bridge/core/backend";
import type { RawMachine } from "../platform.ts";

/** One complete list of a scope, indexed once for all who wait. */
export interface Snapshot {
  /** When the list was asked for, by the monotonic clock; it says nothing about later moments. */
  readonly startedMs: number;
  /** Everything of this owner. */
  readonly things: readonly RawMachine[];
  readonly byAttempt: ReadonlyMap<string, readonly RawMachine[]>;
  /** Things whose tags do not say whose attempt they are of, by id. */
  readonly damaged: ReadonlyMap<string, readonly RawMachine[]>;
}

/** The name of an attempt within an owner. */
export const attemptKey = ({ requestKey, attempt }: Pick<InstanceRef, "requestKey" | "attempt">): string => `${requestKey}/${attempt}`;

const none: readonly RawMachine[] = [];

/** What the snapshot holds of one attempt: its machine and remnants. */
export function thingsOf(snapshot: Snapshot, attempt: Pick<InstanceRef, "requestKey" | "attempt">): readonly RawMachine[] {
  return snapshot.byAttempt.get(attemptKey(attempt)) ?? none;
}

/** Whether a listed thing is the machine itself, not a remnant. */
export const isMachine = ({ kind }: RawMachine): boolean => kind === undefined || kind === "machine";

/** Indexes a list; things of other owners are left out. */
export function takeSnapshot(listed: readonly RawMachine[], owner: string, startedMs: number): Snapshot {
  const things = listed.filter(({ tags }) => tags[tagNames.owner] === owner);
  const byAttempt = new Map<string, RawMachine[]>();
  const damaged = new Map<string, RawMachine[]>();
  const add = (index: Map<string, RawMachine[]>, key: string, thing: RawMachine) => {
    const known = index.get(key);
    if (known === undefined) index.set(key, [thing]);
    else known.push(thing);
  };
  for (const thing of things) {
    const { [tagNames.request]: requestKey, [tagNames.attempt]: attempt } = thing.tags;
    if (requestKey !== undefined && attempt !== undefined) add(byAttempt, attemptKey({ requestKey, attempt: Number(attempt) }), thing);
    if (decodeTags(thing.tags) === undefined) add(damaged, thing.id, thing);
  }
  return { startedMs, things, byAttempt, damaged };
}
