/** Every rule has backends that break it in just one way, and each of them is caught by the case of its own. */
import { allMutants } from "../mutants/all-mutants.ts";
import type { Mutant } from "../mutants/mutant.ts";
import { alsoFailed, ownCase, tryMutant } from "../mutants/try-mutant.ts";

/** The kit's machines are real SSH servers whose waits are real; the others' clock is ours, and needs only the processor. */
const sideBySide = 8;
const label = (rule: number | string) => (typeof rule === "number" ? `rule ${rule}` : rule);

interface Row {
  readonly mutant: Mutant;
  readonly caught: boolean;
  readonly lines: string;
}

async function rowOf(mutant: Mutant): Promise<Row> {
  const { status, message = "" } = await tryMutant(mutant);
  const others = await alsoFailed(mutant);
  const caught = status === "failed";
  return { mutant, caught, lines: [
    `${label(mutant.rule).padEnd(12)} ${mutant.name}`,
    `    ${caught ? "caught" : `MISSED (${status})`} by "${ownCase(mutant).name}": ${message.split("\n")[0]}`,
    ...(others.length === 0 ? [] : [`    also failed, ${others.length}: ${others.map(({ rule, name }) => `${label(rule)}: ${name}`).join(" | ")}`]),
  ].join("\n") };
}

const rows: Row[] = [];
const waiting = [...allMutants];
await Promise.all(Array.from({ length: sideBySide }, async () => {
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) rows.push(await rowOf(mutant));
}));
rows.sort((a, b) => allMutants.indexOf(a.mutant) - allMutants.indexOf(b.mutant));
console.log(rows.map(({ lines }) => lines).join("\n"));
const missed = rows.filter(({ caught }) => !caught).length;
console.log(`\n${rows.length} mutants of ${new Set(rows.map(({ mutant }) => mutant.rule)).size} rules, ${missed} missed`);
if (missed > 0) process.exitCode = 1;
