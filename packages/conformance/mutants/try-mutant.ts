import { allCases, type ConformanceCase } from "../src/index.ts";
import { type CaseResult, runCase } from "../src/run-case.ts";
import { type Mutant, mutantSubject } from "./mutant.ts";

const timeoutSeconds = 10;

/** The case by which a mutant is to be caught. Throws an Error when there is none of that name. */
export function ownCase({ caughtBy }: Mutant): ConformanceCase {
  const own = allCases.find(({ name }) => name === caughtBy);
  if (own === undefined) throw new Error(`there is no case "${caughtBy}"`);
  return own;
}

/** Runs one case on a mutant. */
export const tryMutant = (mutant: Mutant, each = ownCase(mutant)): Promise<CaseResult> => runCase(each, mutantSubject(mutant), { timeoutSeconds });

/** The other cases that fail on a mutant: broken in one way, a backend may be wrong in several. */
export async function alsoFailed(mutant: Mutant): Promise<readonly ConformanceCase[]> {
  const failed: ConformanceCase[] = [];
  for (const each of allCases) {
    if (each.name !== mutant.caughtBy && (await tryMutant(mutant, each)).status === "failed") failed.push(each);
  }
  return failed;
}
