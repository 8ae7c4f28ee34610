/**
 * The AWS backend keeps every rule of the contract through its real SDK while the cloud lags, stalls, throttles, loses answers and fails, each alone and all at once.
 *
 * On CI a sample of the cases, the same for every line; everywhere else, and with BRIDGE_TEST_ALL=1, all. BRIDGE_SEED chooses sample and faults;
 * BRIDGE_ONLY limits it to lines that contain a text.
 */
import { createHash, randomInt } from "node:crypto";
import { allCases, type CaseResult, formatResult, runConformance } from "@bridge/conformance";
import { addToCountsFile } from "../../workspace/src/counts.ts";
import { makeObservedSubject } from "./observed-subject.ts";
import { type Weather, weathers } from "./faults.ts";

const sideBySide = 16;
const sampleSize = 8;
const mostTries = 6;
const seed = Number(process.env["BRIDGE_SEED"] ?? randomInt(1, 2 ** 31));
const isSample = process.env["CI"] !== undefined && process.env["BRIDGE_TEST_ALL"] !== "1";
const names = allCases.map(({ name }) => name);
const lot = (name: string) => createHash("sha256").update(`${seed} ${name}`).digest("hex");
const chosen = isSample ? names.toSorted((a, b) => (lot(a) < lot(b) ? -1 : 1)).slice(0, sampleSize) : names;

interface Outcome {
  readonly result: CaseResult;
  /** How often it was run again because an honest "unknown" kept it from going on. */
  readonly repeats: number;
}

/**
 * Runs one case. A create whose answer was lost while lists are late ends with an error that says that nobody knows: then what the
 * case is about did not come up, and it is run again with other lots; so it is where lists went back in time. Whatever else is wrong is
 * a failure.
 */
async function runOne(name: string, weather: Weather): Promise<Outcome> {
  for (let tries = 1; ; tries++) {
    const background = { faults: weather.faults, seed: seed + tries * 1000 + names.indexOf(name) };
    const { factory, wasHonest } = makeObservedSubject({ ...weather.settings, background });
    const { results } = await runConformance(factory, { only: name });
    const result = results.find((each) => each.case.name === name);
    if (result === undefined) throw new Error(`no result of ${name}`);
    if (result.status !== "failed" || tries === mostTries || !await wasHonest(result.message ?? "")) return { result, repeats: tries - 1 };
  }
}

const only = process.env["BRIDGE_ONLY"] ?? "";
const lines = weathers.filter(({ name }) => name.includes(only));
const outcomes = new Map<Weather, Outcome[]>(lines.map((weather) => [weather, []]));
const waiting = lines.flatMap((weather) => chosen.map((name) => ({ weather, name })));
const startedAtMs = performance.now();
console.log(`seed ${seed}, ${chosen.length} of ${names.length} cases under each of ${lines.length} kinds of faults, ${sideBySide} side by side`);
if (isSample) console.log(`the sample:\n${chosen.map((name) => `  ${name}`).join("\n")}`);
const columns = ["passed", "failed", "different", "not observed", "run again", "case seconds"] as const;
const print = (name: string, cells: readonly (string | number)[]) => console.log(`| ${name.padEnd(33)} | ${cells.map((cell) => String(cell).padStart(12)).join(" | ")} |`);
print("faults", columns);
print("---", columns.map(() => "---"));

/** A line of the table, as soon as all of its cases have run. */
function printLine({ name }: Weather, ran: readonly Outcome[]): void {
  const count = (status: CaseResult["status"]) => ran.filter(({ result }) => result.status === status).length;
  const seconds = ran.reduce((sum, { result: { milliseconds } }) => sum + milliseconds, 0) / 1000;
  print(name, [count("passed"), count("failed"), count("different"), count("not observed"), ran.reduce((sum, { repeats }) => sum + repeats, 0), seconds.toFixed(0)]);
}

await Promise.all(Array.from({ length: sideBySide }, async () => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { weather, name } = next;
    const ran = outcomes.get(weather) ?? [];
    ran.push(await runOne(name, weather));
    if (ran.length === chosen.length) printLine(weather, ran);
  }
}));

const all = [...outcomes].flatMap(([{ name }, ran]) => ran.map(({ result }) => ({ name, result })));
const unseen = new Map(all.filter(({ result: { status } }) => status === "not observed").map(({ result: { case: { name }, message } }) => [name, message]));
for (const [name, reason] of unseen) console.log(`not observed: ${name}: ${reason}`);
const failures = all.filter(({ result: { status } }) => status === "failed");
for (const { name, result } of failures) console.log(`\nunder "${name}":\n${formatResult(result)}`);
console.log(`${all.length} cases, ${failures.length} failed, in ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`);
addToCountsFile({ passed: all.filter(({ result: { status } }) => status === "passed").length, failed: failures.length, skipped: 0 });
if (failures.length > 0) process.exitCode = 1;
