import { readFileSync, writeFileSync } from "node:fs";
import { CommanderError, type OutputConfiguration } from "commander";
import type { ExitCode } from "./exit-codes.ts";
import { createProgram, type RunCommand } from "./program.ts";

/** How long open handles may keep the process after a command has ended. */
const lingerMs = 5000;

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "unknown";
}

/** A reader who has gone away is no failure; commands that hold something learn of it by their own listener. */
function surviveBrokenPipes(): void {
  process.stderr.on("error", () => {});
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED") return;
    process.stderr.write(`error: the result could not be written: ${error.message}\n`);
    process.exitCode = 1;
  });
}

function exitWith(code: ExitCode): void {
  process.exitCode ||= code;
  setTimeout(() => process.exit(), lingerMs).unref();
}

/** Writes without `process.stdout`, which takes 4 ms to load. */
function writeHelp(text: string): void {
  try {
    writeFileSync(1, text);
  } catch {
    // A pipe that is full or closed.
    surviveBrokenPipes();
    process.stdout.write(text);
  }
}

/** The usual 80 columns and no colours: to ask the terminal takes as long as all else. */
const helpOutput: OutputConfiguration = { writeOut: writeHelp, writeErr: () => {}, getOutHelpWidth: () => 80, getOutHasColors: () => false };

const run: RunCommand = async (options, command, setting) => {
  surviveBrokenPipes();
  const [{ Output }, { exitCodeOf }] = await Promise.all([import("./output/output.ts"), import("./output/exit-code-of.ts")]);
  const output = new Output(options, setting);
  try {
    exitWith(await command(output));
  } catch (thrown) {
    const { toBridgeError } = await import("@bridge/core");
    const error = toBridgeError(thrown);
    output.failure(error);
    exitWith(exitCodeOf(error));
  }
};

/** What commander objects to, in our form. */
async function refuse(error: CommanderError, argv: readonly string[], known: readonly string[]): Promise<void> {
  const help = known.find((name) => name === argv[0]);
  const message = `${error.message.replace(/^error: /, "")}; see: bridge ${help === undefined ? "" : `${help} `}--help`;
  await run(argv.includes("--json") ? { json: true } : {}, async () => {
    const { BridgeError } = await import("@bridge/core");
    throw new BridgeError("invalid_option", message);
  });
}

async function main(argv: readonly string[]): Promise<void> {
  const dashes = argv.indexOf("--");
  const own = dashes === -1 ? argv : argv.slice(0, dashes);
  const words = dashes === -1 ? undefined : argv.slice(dashes + 1);
  const program = createProgram(run, words, version());
  for (const command of [program, ...program.commands]) command.exitOverride().configureOutput(helpOutput);
  try {
    if (words !== undefined && own[0] !== "provision") throw new CommanderError(2, "bridge.words", "only provision takes a command behind --");
    await program.parseAsync(own, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.help") {
      process.stderr.write(program.helpInformation());
      exitWith(2);
    } else if (error.exitCode !== 0) await refuse(error, argv, program.commands.map((command) => command.name()));
  }
}

void main(process.argv.slice(2));
