import { readFileSync, writeFileSync } from "node:fs";
import { BridgeError, isBridgeError } from "@bridge/core";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { parse } from "yaml";
import { disposeOf } from "./clean-up.ts";
import { inspectModule } from "./inspect-plugin.ts";
import { listenForInterruption } from "./interruption.ts";
import { junitXml } from "./junit.ts";
import { endLeftovers, leftoversOf, requireRunOwner } from "./leftovers.ts";
import { countResults, formatResult, formatSummary } from "./report.ts";
import { runConformance, selectCases } from "./run-conformance.ts";
import { runLive } from "./run-live.ts";
import type { Subject } from "./subject.ts";

interface Flags {
  readonly options?: string;
  readonly only?: readonly string[];
  readonly bail?: boolean;
  readonly concurrency: number;
  readonly junit?: string;
  readonly timeoutSeconds?: number;
  readonly live?: boolean;
  readonly maxInstances: number;
  readonly maxMinutes: number;
  readonly leftovers?: string;
  readonly endLeftovers?: string;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError("It must be a positive number.");
  return value;
}

function whole(text: string): number {
  const value = positive(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError("It must be a whole number.");
  return value;
}

function minutes(text: string): number {
  const value = positive(text);
  if (value > 1440) throw new InvalidArgumentError("It must be at most 1440, a day.");
  return value;
}

function readOptions(path: string): unknown {
  try {
    return parse(readFileSync(path, "utf8")) ?? {};
  } catch (cause) {
    throw new BridgeError("invalid_option", `the options file ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

const leftLines = (owner: string, left: readonly string[]): string =>
  left.length === 0 ? `leak audit: nothing is left of owner ${owner}` : `leak audit: LEFT of owner ${owner}:\n${left.map((line) => `  ${line}`).join("\n")}`;
const early = { time: "its time was over", leak: "something leaked, and more would cost more", interrupted: "it was interrupted" } as const;
const printStart = ({ maxInstances, maxMinutes }: Flags) => ({ owner }: { readonly owner: string }) => {
  console.log(`live: at most ${maxInstances} machines at once, ${maxMinutes} minutes; owner ${owner}\nif this process is killed: the same command with --leftovers ${owner} shows what it left, with --end-leftovers ends it`);
};

/** Only looks for what a run that was killed has left, or ends it, too; the exit code. */
async function audit(subject: Subject, owner: string, ends: boolean): Promise<number> {
  const problems = ends ? await endLeftovers(subject, owner) : [];
  for (const problem of problems) console.log(problem);
  const left = await leftoversOf(subject, owner);
  console.log(leftLines(owner, left));
  const complaints = await disposeOf(subject);
  for (const complaint of complaints) console.log(complaint);
  return left.length + problems.length + complaints.length === 0 ? 0 : 1;
}

/** Runs the command; the exit code. */
async function run(use: string, flags: Flags): Promise<number> {
  selectCases(flags.only);
  const owner = flags.leftovers ?? flags.endLeftovers;
  if (owner !== undefined) requireRunOwner(owner);
  const { plain, factory } = await inspectModule(use, { folder: process.cwd(), ...(flags.options === undefined ? {} : { options: readOptions(flags.options) }) });
  const given = async (): Promise<Subject> => ({ ...plain, ...await factory?.(), ...(flags.options === undefined ? {} : { options: plain.options }) });
  if (owner !== undefined) return audit(await given(), owner, flags.endLeftovers !== undefined);
  const { only, bail, timeoutSeconds, maxInstances, maxMinutes } = flags;
  const { signal, reason, crashed } = listenForInterruption();
  const common = {
    signal, onResult: (result: Parameters<typeof formatResult>[0]) => console.log(formatResult(result)),
    ...(only === undefined ? {} : { only }), ...(bail === undefined ? {} : { bail }), ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  };
  const live = flags.live === true ? await runLive(await given(), { ...common, maxInstances, maxMinutes, onStart: printStart(flags) }) : undefined;
  const report = live ?? await runConformance(given, { ...common, concurrency: flags.concurrency });
  console.log(formatSummary(report));
  const ended = reason() ?? (live?.endedEarly === undefined ? undefined : early[live.endedEarly]);
  if (ended !== undefined) console.log(`ended early: ${ended}`);
  if (live !== undefined) console.log([leftLines(live.owner, live.left), ...live.complaints].join("\n"));
  if (flags.junit !== undefined) writeFileSync(flags.junit, junitXml(report));
  if (countResults(report.results).failed > 0 || (live?.left.length ?? 0) > 0 || (live?.complaints.length ?? 0) > 0 || crashed()) return 1;
  return ended === undefined ? 0 : signal.aborted ? 130 : 1;
}

const program = new Command("bridge-conformance")
  .description("Checks a Bridge backend plugin against contract 1. Exit codes: 0 kept, 1 a case failed, something is left, or time ran out, 2 bad input, 130 interrupted and nothing left.")
  .argument("<plugin>", "path of the plugin's module, or name of an installed package; its export `subject`, a factory, gives a test platform")
  .option("--options <file>", "the plugin's options, YAML or JSON")
  .option("--only <text...>", "only cases with this text in name or rule (`rule 6`)")
  .option("--bail", "end after the first failed case")
  .option("--concurrency <n>", "cases side by side; without --live", whole, 1)
  .option("--junit <file>", "write the report as JUnit XML, too")
  .option("--timeout-seconds <n>", "seconds for each case", positive)
  .option("--live", "run on the real platform: without faults, within the limits, with a last look at what is left")
  .option("--max-instances <n>", "with --live: the most machines at once", whole, 2)
  .option("--max-minutes <n>", "with --live: minutes after which only cleaning up goes on", minutes, 20)
  .option("--leftovers <owner>", "runs nothing: shows what a live run that was killed has left")
  .option("--end-leftovers <owner>", "runs nothing: terminates what a live run that was killed has left")
  .exitOverride();

try {
  await program.parseAsync();
  process.exit(await run(program.args[0] ?? "", program.opts<Flags>()));
} catch (error) {
  if (!(error instanceof CommanderError)) console.error(isBridgeError(error) ? `error: ${error.message}` : error);
  const isInput = error instanceof CommanderError || isBridgeError(error);
  process.exit(error instanceof CommanderError && error.exitCode === 0 ? 0 : isInput ? 2 : 1);
}
