import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { GrantStatus } from "@bridge/controller";
import type { RunnerConfig } from "../runner-config.ts";

const runner = fileURLToPath(new URL("../runner.ts", import.meta.url));

/** What one run of the runner came to. */
export interface Run {
  /** `killed`: by SIGKILL at its kill point. `hung`: by us, because it did not end. */
  readonly end: "killed" | "finished" | "failed" | "hung";
  readonly statuses: readonly GrantStatus[];
  /** What it logged, one JSON object a line. */
  readonly log: string;
}

/** Runs the runner to its end. `onStart` gets what kills it. */
export function run(file: string, config: RunnerConfig, onStart: (kill: () => void) => void): Promise<Run> {
  writeFileSync(file, JSON.stringify(config));
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", runner, file], { stdio: ["ignore", "pipe", "pipe"] });
  const prints = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => { prints.out += text; });
  child.stderr.setEncoding("utf8").on("data", (text: string) => { prints.err += text; });
  onStart(() => child.kill("SIGKILL"));
  let hung = false;
  const bound = setTimeout(() => {
    hung = true;
    child.kill("SIGKILL");
  }, (config.timeoutSeconds + 5) * 1000);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(bound);
      const end = hung ? "hung" : signal === "SIGKILL" ? "killed" : code === 0 ? "finished" : "failed";
      // The last line of a runner that has finished is what became of its grants.
      resolve({ end, statuses: end === "finished" ? JSON.parse(prints.out) as readonly GrantStatus[] : [], log: prints.err });
    });
  });
}
