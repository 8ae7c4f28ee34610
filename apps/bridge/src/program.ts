import { Command, InvalidArgumentError } from "commander";
import type { InitOptions } from "./commands/init.ts";
import type { CheckOptions } from "./commands/check.ts";
import type { DemoOptions } from "./commands/demo.ts";
import type { DoctorOptions } from "./commands/doctor.ts";
import type { PlanOptions } from "./commands/plan.ts";
import type { ProvisionOptions } from "./commands/provision.ts";
import type { ReapCommandOptions } from "./commands/reap.ts";
import type { TerminateOptions } from "./commands/terminate.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import type { Output, OutputOptions } from "./output/output.ts";

/** Runs a command with an output made for its options. */
export type RunCommand = (options: OutputOptions, command: (output: Output) => Promise<ExitCode>, setting?: { readonly jsonLines?: boolean }) => Promise<void>;

const collect = (word: string, words: readonly string[] = []): readonly string[] => [...words, word];

function wholeSeconds(text: string): number {
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds > 0 && Number.isSafeInteger(seconds)) return seconds;
  throw new InvalidArgumentError("It must be a whole number of seconds, 1 or more.");
}

/**
 * The command line. Nothing but this is loaded for `--help`: each command's file is imported when it runs.
 *
 * @param words what stands behind `--`
 */
export function createProgram(run: RunCommand, words: readonly string[] | undefined, version: string): Command {
  const program = new Command("bridge")
    .description("Leases compute: a compute grant in, a machine that accepts SSH out, nothing left behind.")
    .version(version)
    .helpCommand("help [command]", "show the help of a command")
    .addHelpText("after", `\nExit codes:\n${Object.entries(exitCodes).map(([code, meaning]) => `  ${code.padEnd(4)} ${meaning}`).join("\n")}\n\nTo see it work, without any set-up: bridge demo`);
  const command = (usage: string, description: string) => program.command(usage).description(description)
    .option("--json", "results as JSON on stdout, errors as JSON on stderr")
    .option("--verbose", "show the log, and what is behind an error");
  const configured = (usage: string, description: string) => command(usage, description)
    .option("-c, --config <file>", "boot config (default: bridge.yaml in this folder)");

  configured("init", "write a boot config and a secret")
    .option("--backend <name>", "backend to use, in order of preference; repeatable (default: local)", collect)
    .option("--owner <id>", "id of this installation, put on everything that it creates (default: random)")
    .option("--provider <id>", "provider id that grants must name", "provider.example")
    .option("--force", "replace an existing config; an existing secret is kept")
    .action((options: InitOptions) => run(options, async (output) => (await import("./commands/init.ts")).init(options, output)));

  configured("check", "check the boot config and show its backends")
    .action((options: CheckOptions) => run(options, async (output) => (await import("./commands/check.ts")).check(options, output)));

  configured("card", "print the signed provider card")
    .action((options: CheckOptions) => run(options, async (output) => (await import("./commands/card.ts")).card(options, output)));

  configured("plan", "who would serve a grant and where, why others would not, and the price; creates nothing")
    .argument("<grant>", "file with a compute grant")
    .option("--envelope <file>", "also check an envelope against the grant")
    .action((grant: string, options: PlanOptions) => run(options, async (output) => (await import("./commands/plan.ts")).plan(grant, options, output)));

  configured("provision", "make a machine for a grant, watch it in the foreground, and end it")
    .argument("<grant>", "file with a compute grant")
    .usage("[options] <grant> [-- program arguments...]")
    .option("--envelope <file>", "file with the private part of the request")
    .option("--command <word>", "program to run, then each of its arguments; repeatable; or write it behind --", collect)
    .option("--image <reference>", "image to run: registry/repository@sha256:…")
    .option("--ssh-key <file>", "your SSH public key (default: a new key for this session)")
    .option("--make-key", "derive the SSH key from the secret, so that a repeated provision has the same")
    .option("--valid-for-seconds <seconds>", "end the lease so long from now, if that is before the grant's validTo", wholeSeconds)
    .action((grant: string, options: ProvisionOptions) =>
      run(options, async (output) => (await import("./commands/provision.ts")).provision(grant, { ...options, words }, output), { jsonLines: true }));

  configured("list", "all that this owner has on all backends")
    .action((options: CheckOptions) => run(options, async (output) => (await import("./commands/list.ts")).list(options, output)));

  configured("terminate", "end an instance, also one that another process made")
    .argument("[name]", "request key or instance id, as `bridge list` shows them")
    .option("--all-of-this-owner", "end everything of this owner")
    .action((name: string | undefined, options: TerminateOptions) => run(options, async (output) => (await import("./commands/terminate.ts")).terminate(name, options, output)));

  configured("doctor", "look for what would make grants fail: credentials, permissions, images, networks, clocks, a missing reaper; creates nothing")
    .option("--heartbeat <file>", "where bridge reap reports (default: bridge-reaper.json beside the config)")
    .option("--timeout-seconds <seconds>", "the longest wait for each answer of a backend (default: 60)", wholeSeconds)
    .action((options: DoctorOptions) => run(options, async (output) => (await import("./commands/doctor.ts")).doctor(options, output)));

  configured("reap", "end everything of this owner whose deadline has passed by two minutes; needs neither ledger nor master secret, only owner and backends of the config")
    .option("--report-only", "only tell what would be ended")
    .option("--heartbeat <file>", "where to report for bridge doctor (default: bridge-reaper.json beside the config)")
    .action((options: ReapCommandOptions) => run(options, async (output) => (await import("./commands/reap.ts")).reap(options, output)));

  command("demo", "the whole life of a grant on this machine; needs no config and leaves nothing behind")
    .option("--grant <file>", "another grant than the example")
    .action((options: DemoOptions) => run(options, async (output) => (await import("./commands/demo.ts")).demo(options, output)));

  return program;
}
