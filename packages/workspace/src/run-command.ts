import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { root } from "./workspace.ts";

/** What a program did. */
export interface CommandResult {
  /** 1 when a signal ended it. */
  readonly code: number;
  /** Standard output and standard error, as they came, without colours. */
  readonly output: string;
}

/** Options of {@link runCommand}. */
export interface CommandOptions {
  /** Default: the top of the workspace. */
  readonly folder?: string;
  /** Added to this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** After which the program is killed. Default 300. */
  readonly timeoutSeconds?: number;
}

/** Runs a program to its end and collects what it prints; never throws because of its exit code. */
export function runCommand(program: string, parameters: readonly string[], { folder = root, environment = {}, timeoutSeconds = 300 }: CommandOptions = {}): Promise<CommandResult> {
  const child = spawn(program, parameters, { cwd: folder, env: { ...process.env, NO_COLOR: "1", ...environment }, stdio: ["ignore", "pipe", "pipe"], timeout: timeoutSeconds * 1000, killSignal: "SIGKILL" });
  const prints: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => void prints.push(text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (signal !== null) prints.push(`\n${program} was ended by ${signal}`);
      resolve({ code: code ?? 1, output: stripVTControlCharacters(prints.join("")) });
    });
  });
}

/** Like {@link runCommand}, for programs that must succeed. Throws an Error with all that was printed. */
export async function mustRun(program: string, parameters: readonly string[], options?: CommandOptions): Promise<string> {
  const { code, output } = await runCommand(program, parameters, options);
  if (code !== 0) throw new Error(`${program} ${parameters.join(" ")} ended with ${code}:\n${output}`);
  return output;
}
