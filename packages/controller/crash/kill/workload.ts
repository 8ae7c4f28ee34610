import { existsSync, readFileSync } from "node:fs";

/** A command that writes a book of its own: `start`, then the time every quarter of a second for as long as it works. */
export function workloadCommand(workSeconds: number | undefined): readonly string[] {
  const turns = workSeconds === undefined ? 1000 : Math.ceil(workSeconds * 4);
  return ["/bin/sh", "-c", `echo start >>"$BOOK"; i=0; while [ $i -lt ${turns} ]; do date +%s%3N >>"$BOOK"; i=$((i+1)); sleep 0.25; done; date +%s%3N >>"$BOOK"; exit 3`];
}

/** What a workload wrote: how often it was started, and when it last was alive. */
export function readBook(file: string): { readonly starts: number; readonly lastAtMs: number } {
  const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  return { starts: lines.filter((line) => line === "start").length, lastAtMs: Number(lines.findLast((line) => /^\d+$/.test(line)) ?? Number.NaN) };
}
