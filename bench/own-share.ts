/** The controller's own share of a grant: from a submission to the stored, sealed receipt, durable, on memory; beside a Fleet alone and the bare commits. */
import { randomBytes } from "node:crypto";
import { Controller } from "@bridge/controller";
import { Fleet } from "@bridge/core";
import { memory } from "@bridge/core/memory";
import { bareInserts, common, envelope, grantOf, withFile } from "./controller-parts.ts";
import { median, printTable } from "./table.ts";

const warmUp = 50;
const count = 400;
/** accept, intend, created, ready, run: each must be durable before the next call. */
const commitsOfGrant = 5;

/** Milliseconds of each call, so many at a time, without the first ones. */
async function times(call: (i: number) => Promise<unknown>, atOnce: number): Promise<readonly number[]> {
  const found: number[] = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < warmUp + count; i = next++) {
      const started = performance.now();
      await call(i);
      if (i >= warmUp) found.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return found;
}

const withController = (atOnce: number) => withFile(async (file) => {
  await using controller = await Controller.open({ ...common, backends: [memory()], ledger: { file } });
  await controller.start();
  return await times(async (i) => {
    const { requestKey } = await controller.submitTrusted(grantOf(i), envelope);
    const { receipt } = await controller.waitFor(requestKey, "running");
    if (receipt?.startsWith("hpke.") !== true) throw new Error("no sealed receipt");
  }, atOnce);
});

async function withFleet(): Promise<readonly number[]> {
  const { owner, masterSecret } = common;
  await using fleet = new Fleet({ owner, masterSecret, backends: [memory()] });
  return await times((i) => fleet.provisionForGrant(grantOf(i), envelope, { makeRequesterKey: true, makeSalt: () => randomBytes(32) }), 1);
}

const percentile99 = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Number.NaN;

const bare = await withFile(async (file) => bareInserts(file, commitsOfGrant * count));
const perGrant = Array.from({ length: count }, (_, i) => bare.slice(i * commitsOfGrant, (i + 1) * commitsOfGrant).reduce((sum, ms) => sum + ms, 0));
const fleet = await withFleet();
const controller = await withController(1);
const crowded = await withController(32);

const base = median(perGrant);
printTable(`A grant, submitted to sealed receipt stored, ${count} grants (target: under 50 ms)`, ([
  [`${commitsOfGrant} bare inserts, each with its fsync`, perGrant], ["a Fleet alone, nothing written down", fleet],
  ["the controller, one grant at a time", controller], ["the controller, 32 grants at a time", crowded],
] as const).map(([what, values]) => ({ what, "median ms": median(values), "p99 ms": percentile99(values), "x bare inserts": median(values) / base })));
