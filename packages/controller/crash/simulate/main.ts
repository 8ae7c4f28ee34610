// node main.ts [--histories N] [--seed S] [--workers W] [--plant NAME]: lives through histories; exits with 1 when one broke a promise.
import { fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { type Findings, type ManyOptions, readHistory, runMany } from "./many-histories.ts";
import { isPlantName, plantNames } from "./plants.ts";
import { countTables, killPointTable, untried } from "./table.ts";
import { Tally } from "./tally.ts";

const { values } = parseArgs({ options: {
  histories: { type: "string", default: "100000" }, seed: { type: "string", default: "1" }, workers: { type: "string", default: "2" }, plant: { type: "string" },
} });
const [histories, firstSeed, workers] = [values.histories, values.seed, values.workers].map(Number);
const { plant } = values;

async function inWorker(options: ManyOptions): Promise<Findings> {
  const worker = fork(new URL("worker-main.ts", import.meta.url));
  worker.send(options);
  const ended = once(worker, "exit").then(([code]) => { throw new Error(`a worker ended with ${String(code)} before it had answered`); });
  ended.catch(() => {});
  // What runMany gives, sent by worker-main.ts.
  const [findings] = await Promise.race([once(worker, "message"), ended]) as [Findings];
  return findings;
}

async function main(): Promise<number> {
  if (![histories, firstSeed, workers].every((number) => Number.isSafeInteger(number) && Number(number) > 0) || (plant !== undefined && !isPlantName(plant))) {
    console.error(`usage: node main.ts [--histories N] [--seed S] [--workers W] [--plant ${plantNames.join(" | ")}]`);
    return 2;
  }
  const [count = 1, seed = 1, processes = 1] = [histories, firstSeed, workers];
  const started = performance.now();
  const shares = Array.from({ length: Math.min(processes, count) }, (_, index): ManyOptions => ({
    firstSeed: seed + index, stride: processes, histories: Math.ceil((count - index) / processes), plant, enough: plant === undefined ? 10 : 1,
  }));
  const parts = shares.length === 1 ? [await runMany({ ...shares[0], firstSeed: seed, stride: 1, histories: count })] : await Promise.all(shares.map(inWorker));
  const seconds = (performance.now() - started) / 1000;
  const tally = new Tally();
  for (const { counts } of parts) tally.add(counts);
  const lived = parts.reduce((sum, part) => sum + part.histories, 0);
  const found = parts.flatMap((part) => part.found).sort((a, b) => a.seed - b.seed);
  console.log(`${killPointTable(tally)}\n\n${countTables(tally)}\n`);
  console.log(`kill points without a kill: ${untried(tally).join(", ") || "none"}`);
  console.log(`${lived} histories in ${seconds.toFixed(1)} s, ${(lived / seconds).toFixed(0)} a second; ${tally.of("sums", "steps")} steps, ${tally.of("sums", "machines")} machines; ${found.length} broke a promise`);
  const [first] = found;
  if (first === undefined && lived > 1) return 0;
  const read = await readHistory(first?.seed ?? seed, plant);
  console.log(`\nseed ${first?.seed ?? seed}${plant === undefined ? "" : ` with ${plant}`}\n${read.lines.join("\n")}`);
  for (const { seed: broken, violations } of found) console.log(`seed ${broken}: ${violations.join("; ")}`);
  return found.length === 0 ? 0 : 1;
}

process.exitCode = await main();
