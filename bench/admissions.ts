/** Durable admissions a second with many submitters, beside bare inserts with an fsync each, one by one. */
import { Controller, type ControllerSettings } from "@bridge/controller";
import { memory } from "@bridge/core/memory";
import { bareInserts, common, envelope, grantOf, withFile } from "./controller-parts.ts";
import { printTable } from "./table.ts";

const bareCount = 2000;

interface Rate {
  readonly perSecond: number;
  /** The same, until all of them had their machine. */
  readonly servedPerSecond?: number;
}

/** Has so many submitters hand in so many grants, each waiting for its answer before the next. */
const admit = (submitters: number, count: number, { served, ...settings }: Partial<ControllerSettings> & { readonly served: boolean }): Promise<Rate> => withFile(async (file) => {
  await using controller = await Controller.open({ ...common, backends: [memory()], ledger: { file }, settings: { ...settings, stopSeconds: 60 } });
  await controller.start();
  const keys: string[] = [];
  let next = 0;
  const submit = async () => {
    for (let i = next++; i < count; i = next++) keys.push((await controller.submitTrusted(grantOf(i), envelope)).requestKey);
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: submitters }, submit));
  const seconds = (performance.now() - started) / 1000;
  if (!served) return { perSecond: count / seconds };
  for (const key of keys) await controller.waitFor(key, "running");
  return { perSecond: count / seconds, servedPerSecond: count / ((performance.now() - started) / 1000) };
});

const bare = await withFile(async (file) => bareInserts(file, bareCount));
const rows: readonly (readonly [string, Rate])[] = [
  ["bare inserts, one by one", { perSecond: bareCount / (bare.reduce((sum, ms) => sum + ms, 0) / 1000) }],
  ["1 submitter, served meanwhile", await admit(1, 500, { served: true })],
  ["64 submitters, served meanwhile", await admit(64, 3000, { served: true })],
  ["256 submitters, served meanwhile", await admit(256, 3000, { served: true })],
  ["256 submitters, one served at a time", await admit(256, 3000, { served: false, provisionsAtOnce: 1 })],
];
const base = rows[0]?.[1].perSecond ?? Number.NaN;
printTable("Durable admissions (target: 500 a second)", rows.map(([what, { perSecond, servedPerSecond }]) => ({
  what, "admitted/s": perSecond, "x bare inserts": perSecond / base, "served/s": servedPerSecond ?? "",
})));
