import type { InstanceRef } from "./words.ts";

/** The tags set on everything created. Names and values are legal as EC2 tags, GCE labels and Azure tags. */
export const tagNames = {
  owner: "bridge-owner",
  ledger: "bridge-ledger",
  backend: "bridge-backend",
  request: "bridge-request",
  attempt: "bridge-attempt",
  deadlineMs: "bridge-deadline-ms",
} as const;

/** What the tags say. */
export interface TagContent extends Pick<InstanceRef, "backend" | "requestKey" | "attempt"> {
  readonly owner: string;
  readonly ledgerId: string;
  readonly deadlineMs: number;
}

/** Writes the tags. */
export function encodeTags(content: TagContent): Readonly<Record<string, string>> {
  return {
    [tagNames.owner]: content.owner,
    [tagNames.ledger]: content.ledgerId,
    [tagNames.backend]: content.backend,
    [tagNames.request]: content.requestKey,
    [tagNames.attempt]: String(content.attempt),
    [tagNames.deadlineMs]: String(content.deadlineMs),
  };
}

/** Reads the tags of something found; undefined when it is not Bridge's or its tags are damaged. */
export function decodeTags(tags: Readonly<Record<string, string | undefined>>): TagContent | undefined {
  const { [tagNames.owner]: owner, [tagNames.ledger]: ledgerId, [tagNames.backend]: backend, [tagNames.request]: requestKey } = tags;
  // An empty tag must not pass for the number 0, which as a deadline has passed long ago.
  const read = (tag: string | undefined) => (tag !== undefined && /^\d+$/.test(tag) ? Number(tag) : Number.NaN);
  const attempt = read(tags[tagNames.attempt]);
  const deadlineMs = read(tags[tagNames.deadlineMs]);
  if (!owner || !ledgerId || !backend || !requestKey) return undefined;
  if (!Number.isSafeInteger(attempt) || attempt < 1 || !Number.isSafeInteger(deadlineMs)) return undefined;
  return { owner, ledgerId, backend, requestKey, attempt, deadlineMs };
}
