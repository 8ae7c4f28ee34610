// node main.ts [--histories N] [--seed S] [--workers W] [--seconds T] [--plant NAME]: lives through histories; exits with 1 when one broke a promise.
import { parseArgs } from "node:util";
import { runCrew } from "./crew.ts";
import { readHistory } from "./many-histories.ts";
import { isPlantName, plantNames } from "./plants.ts";
import { countTables, killPointTable, untried } from "./table.ts";

const { values: { plant, ...given } } = parseArgs({ options: {
  histories: { type: "string", default: "100000" }, seed: { type: "string", default: "1" }, workers: { type: "string", default: "2" }, seconds: { type: "string", default: "86400" }, plant: { type: "string" },
} });

async function main(): Promise<number> {
  const [histories, firstSeed, workers, atMost] = [Number(given.histories), Number(given.seed), Number(given.workers), Number(given.seconds)];
  if (![histories, firstSeed, workers, atMost].every((number) => Number.isSafeInteger(number) && number > 0) || (plant !== undefined && !isPlantName(plant))) {
    console.error(`usage: node main.ts [--histories N] [--seed S] [--workers W] [--seconds T] [--plant ${plantNames.join(" | ")}]`);
    return 2;
  }
  const started = performance.now();
  const { histories: lived, found, tally } = await runCrew({ firstSeed, histories, workers: Math.min(workers, histories), seconds: atMost, plant, enough: plant === undefined ? 10 : 1 });
  const seconds = (performance.now() - started) / 1000;
  console.log(`${killPointTable(tally)}\n\n${countTables(tally)}\n`);
  console.log(`kill points without a kill: ${untried(tally).join(", ") || "none"}`);
  const cpuMs = tally.of("sums", "cpu ms");
  console.log(`${lived} histories in ${seconds.toFixed(1)} s, ${(lived / seconds).toFixed(0)} a second, ${(lived / (cpuMs / 1000)).toFixed(0)} for a second of one core; ${tally.of("sums", "steps")} steps, ${tally.of("sums", "machines")} machines; ${found.length} broke a promise`);
  const [first] = found;
  if (first === undefined && lived > 1) return 0;
  const seed = first?.seed ?? firstSeed;
  console.log(`\nseed ${seed}${plant === undefined ? "" : ` with ${plant}`}\n${(await readHistory(seed, plant)).lines.join("\n")}`);
  for (const { seed: broken, violations } of found) console.log(`seed ${broken}: ${violations.join("; ")}`);
  return found.length === 0 ? 0 : 1;
}

process.exitCode = await main();
