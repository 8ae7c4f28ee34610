/** Memory, local, the machine kit and the example of one file pass every case that can be observed on them. */
import { allCases, type CaseResult, runConformance } from "../src/index.ts";
import { formatResult } from "../src/report.ts";
import { type ProvenSubject, provenSubjects } from "./subjects.ts";

const columns = ["subject", "cases", "passed", "failed", "different", "not observed", "seconds"] as const;
const print = ([name, ...cells]: readonly (string | number)[]) => console.log(`| ${String(name).padEnd(24)} | ${cells.map((cell) => String(cell).padStart(12)).join(" | ")} |`);
const count = (results: readonly CaseResult[], status: CaseResult["status"]) => results.filter((result) => result.status === status).length;

/** Cases by what keeps them from being seen. */
function unseen(results: readonly CaseResult[]): readonly string[] {
  const reasons = Map.groupBy(results.filter(({ status }) => status === "not observed"), ({ message = "" }) => message);
  return [...reasons].map(([reason, cases]) => `  not observed, ${cases.length}: ${reason}`);
}

async function prove({ name, concurrency, use }: ProvenSubject): Promise<{ readonly failed: number; readonly notes: readonly string[] }> {
  const startedAtMs = performance.now();
  const { results, differences } = await use((factory) => runConformance(factory, { concurrency }));
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(0);
  const failed = count(results, "failed");
  print([name, results.length, count(results, "passed"), failed, count(results, "different"), count(results, "not observed"), seconds]);
  const slowest = results.toSorted((a, b) => b.milliseconds - a.milliseconds).slice(0, 3);
  return { failed, notes: [
    name,
    ...results.filter(({ status }) => status === "failed").map(formatResult),
    ...Object.entries(differences).map(([difference, reason]) => `  different, ${difference}: ${reason}`),
    ...unseen(results),
    `  slowest: ${slowest.map(({ case: { name: each }, milliseconds }) => `${each} (${(milliseconds / 1000).toFixed(1)} s)`).join(", ")}`,
  ] };
}

print(columns);
print(columns.map(() => "---"));
const proven: Awaited<ReturnType<typeof prove>>[] = [];
for (const subject of provenSubjects) proven.push(await prove(subject));
console.log(`\n${proven.flatMap(({ notes }) => notes).join("\n")}\n\n${allCases.length} cases, ${provenSubjects.length} subjects`);
if (proven.some(({ failed }) => failed > 0)) process.exitCode = 1;
