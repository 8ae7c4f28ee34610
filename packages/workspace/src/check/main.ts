import { addToCountsFile } from "../counts.ts";
import { readWorkspace } from "../workspace.ts";
import { updateApiReports } from "./api-reports.ts";
import { checkParts } from "./parts.ts";

const workspace = readWorkspace();
if (process.argv.includes("--update-api")) await updateApiReports(workspace);
const results: { readonly name: string; readonly seconds: number; readonly problems: readonly string[] }[] = [];
for (const part of checkParts) {
  const startedAtMs = performance.now();
  const problems = await part.problems(workspace).catch((error: unknown) => [error instanceof Error ? error.message : String(error)]);
  results.push({ name: part.name, seconds: (performance.now() - startedAtMs) / 1000, problems });
  if (problems.length > 0) console.log(`── ${part.name} ──\n${problems.join("\n")}\n`);
}

for (const { name, seconds, problems } of results) {
  console.log(`${name.padEnd(12)} ${seconds.toFixed(1).padStart(5)} s  ${problems.length === 0 ? "ok" : "FAILED"}`);
}
const failed = results.filter(({ problems }) => problems.length > 0).length;
if (failed > 0) process.exitCode = 1;
addToCountsFile({ passed: results.length - failed, failed, skipped: 0 });
