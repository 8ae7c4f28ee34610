/** 1,000 concurrent grants: memory over time, on memory, on the kit, and with a turnover of short-lived machines. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { withFile } from "./controller-parts.ts";
import { fillLedger } from "./fake-machines.ts";
import { printTable } from "./table.ts";

const count = 1000;
const seconds = 120;
const readings = 8;
const modes = ["memory", "machines", "turnover"] as const;

interface Reading {
  readonly rssMib: number;
  readonly heapMib: number;
  readonly running: number;
  readonly settled: number;
}

const child = fileURLToPath(new URL("./concurrent-grants-child.ts", import.meta.url));

const measure = (mode: (typeof modes)[number]): Promise<readonly Reading[]> => withFile(async (file) => {
  const ledgerId = mode === "machines" ? await fillLedger(file, count) : "none";
  const { stdout } = spawn(process.execPath, ["--expose-gc", child, mode, file, ledgerId, String(count), String(seconds), String(readings)], { stdio: ["ignore", "pipe", "inherit"] });
  return JSON.parse(await text(stdout)) as readonly Reading[]; // the child prints exactly this
});

const runs = await Promise.all(modes.map(measure));
printTable(`${count.toLocaleString("en")} concurrent grants, in MiB, after a collection of garbage`, Array.from({ length: readings + 1 }, (_, i) => ({
  s: String(i * seconds / readings),
  ...Object.fromEntries(modes.flatMap((mode, run) => {
    const reading = runs[run]?.[i];
    const cells = [[`${mode}: RSS`, reading?.rssMib ?? Number.NaN], [`${mode}: heap`, reading?.heapMib ?? Number.NaN]] as const;
    return mode === "turnover" ? [...cells, ["grants over", reading?.settled ?? 0] as const] : cells;
  })),
})));
