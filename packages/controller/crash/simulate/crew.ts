import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Findings, Found } from "./many-histories.ts";
import type { PlantName } from "./plants.ts";
import { Tally } from "./tally.ts";

/** Histories that a worker is given at once. */
const shareHistories = 250;

/** What is to be lived through, by how many processes. */
export interface CrewOptions {
  readonly firstSeed: number;
  readonly histories: number;
  readonly workers: number;
  /** No more is begun after so long. */
  readonly seconds: number;
  readonly plant: PlantName | undefined;
  /** No more is begun once so many broke a promise. */
  readonly enough: number;
}

/** Lives through histories in several processes, each given a share after the other. */
export async function runCrew({ firstSeed, histories, workers, seconds, plant, enough }: CrewOptions): Promise<{ readonly histories: number; readonly found: readonly Found[]; readonly tally: Tally }> {
  const tally = new Tally();
  const found: Found[] = [];
  let [given, lived] = [0, 0];
  const untilMs = performance.now() + seconds * 1000;
  const work = async (): Promise<void> => {
    const worker = fork(new URL("worker-main.ts", import.meta.url));
    try {
      while (given < histories && found.length < enough && performance.now() < untilMs) {
        const share = Math.min(shareHistories, histories - given);
        const findings = answered(worker);
        worker.send({ firstSeed: firstSeed + given, histories: share, plant, enough });
        given += share;
        const part = await findings;
        lived += part.histories;
        found.push(...part.found);
        tally.add(part.counts);
      }
    } finally {
      worker.kill();
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return { histories: lived, found: found.sort((a, b) => a.seed - b.seed), tally };
}

async function answered(worker: ChildProcess): Promise<Findings> {
  const over = new AbortController();
  try {
    const ended = once(worker, "exit", { signal: over.signal }).then(([code]) => { throw new Error(`a worker ended with ${String(code)} before it had answered`); });
    // What runMany gives, sent by worker-main.ts.
    const [findings] = await Promise.race([once(worker, "message", { signal: over.signal }), ended]) as [Findings];
    return findings;
  } finally {
    over.abort();
  }
}
