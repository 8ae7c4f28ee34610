import { readFileSync, writeFileSync } from "node:fs";
import { BridgeError, isBridgeError } from "@bridge/core";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { parse } from "yaml";
import { inspectModule } from "./inspect-plugin.ts";
import { junitXml } from "./junit.ts";
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

function readOptions(path: string): unknown {
  try {
    return parse(readFileSync(path, "utf8")) ?? {};
  } catch (cause) {
    throw new BridgeError("invalid_option", `the options file ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** The first Ctrl-C ends the cases and lets what was made be terminated; the second ends at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      process.stderr.write("ending: terminating what was made; again to leave it\n");
      controller.abort();
    });
  }
  return controller.signal;
}

/** Runs the command; true when nothing failed and nothing is left. */
async function run(use: string, flags: Flags): Promise<boolean> {
  selectCases(flags.only);
  const { plain, factory } = await inspectModule(use, { folder: process.cwd(), ...(flags.options === undefined ? {} : { options: readOptions(flags.options) }) });
  const given = async (): Promise<Subject> => ({ ...plain, ...await factory?.(), ...(flags.options === undefined ? {} : { options: plain.options }) });
  const { only, bail, timeoutSeconds } = flags;
  const common = {
    signal: interruption(), onResult: (result: Parameters<typeof formatResult>[0]) => console.log(formatResult(result)),
    ...(only === undefined ? {} : { only }), ...(bail === undefined ? {} : { bail }), ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  };
  const live = flags.live === true ? await runLive(await given(), { ...common, maxInstances: flags.maxInstances, maxMinutes: flags.maxMinutes }) : undefined;
  const report = live ?? await runConformance(given, { ...common, concurrency: flags.concurrency });
  console.log(formatSummary(report));
  if (live !== undefined) console.log(live.left.length === 0 ? `leak audit: nothing is left of owner ${live.owner}` : `leak audit: LEFT of owner ${live.owner}:\n${live.left.map((line) => `  ${line}`).join("\n")}`);
  if (flags.junit !== undefined) writeFileSync(flags.junit, junitXml(report));
  return countResults(report.results).failed === 0 && (live?.left.length ?? 0) === 0;
}

const program = new Command("bridge-conformance")
  .description("Checks a Bridge backend plugin against contract 1. Exit codes: 0 kept, 1 a case failed or something is left, 2 bad input.")
  .argument("<plugin>", "path of the plugin's module, or name of an installed package; its export `subject`, a factory, gives a test platform")
  .option("--options <file>", "the plugin's options, YAML or JSON")
  .option("--only <text...>", "only cases with this text in name or rule (`rule 6`)")
  .option("--bail", "end after the first failed case")
  .option("--concurrency <n>", "cases side by side; without --live", whole, 1)
  .option("--junit <file>", "write the report as JUnit XML, too")
  .option("--timeout-seconds <n>", "seconds for each case", positive)
  .option("--live", "run on the real platform: without faults, within the limits, with a last look at what is left")
  .option("--max-instances <n>", "with --live: the most machines at once", whole, 2)
  .option("--max-minutes <n>", "with --live: minutes after which only cleaning up goes on", positive, 20)
  .exitOverride();

try {
  await program.parseAsync();
  const kept = await run(program.args[0] ?? "", program.opts<Flags>());
  process.exit(kept ? 0 : 1);
} catch (error) {
  if (!(error instanceof CommanderError)) console.error(isBridgeError(error) ? `error: ${error.message}` : error);
  process.exit(error instanceof CommanderError && error.exitCode === 0 ? 0 : 2);
}
