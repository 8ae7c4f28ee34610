import { inspect } from "node:util";

/** Fails the case unless the condition holds. */
export function claim(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}

/** Fails the case unless two values are the same. */
export function same(actual: unknown, expected: unknown, what: string): void {
  claim(Object.is(actual, expected), `${what}: ${inspect(actual)} instead of ${inspect(expected)}`);
}
