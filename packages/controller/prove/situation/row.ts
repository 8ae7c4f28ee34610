import type { Expected } from "./observed.ts";

/** What one situation has shown. */
export interface Row {
  readonly situation: string;
  /** Identities of what was alive before Bridge came up in this situation. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly reported: readonly string[];
  /** What should have been said and was not; empty when all is well. */
  readonly wrong: readonly string[];
}

/** Whether nothing alive was touched, nothing was made anew, and everything was said that should be. */
export const isGood = ({ before, after, wrong }: Row): boolean => before.length > 0 && wrong.length === 0 && JSON.stringify(before) === JSON.stringify(after);

/** What the expected reports come to, for people. */
export const reportsOf = (expected: readonly Expected[]): readonly string[] => {
  const kinds = new Map<string, number>();
  for (const { kind, reason, backend } of expected) {
    const key = `${kind} ${reason} (${backend})`;
    kinds.set(key, (kinds.get(key) ?? 0) + 1);
  }
  return [...kinds].map(([key, count]) => `${count} x ${key}`);
};
