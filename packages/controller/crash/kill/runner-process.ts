import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { GrantStatus } from "@bridge/controller";
import type { RunnerConfig, RunnerLine } from "../runner-config.ts";

const runner = fileURLToPath(new URL("../runner.ts", import.meta.url));
/** What one runner has compiled, the next need not. */
const compileCache = join(tmpdir(), "bridge-crash-compile-cache");

/** What one run of the runner came to. */
export interface Run {
  /** `killed`: by SIGKILL. `hung`: by us, because it did not end in its time. */
  readonly end: "killed" | "finished" | "failed" | "hung";
  /** What became of its grants, if it has finished. */
  readonly statuses: readonly GrantStatus[];
  /** What it logged, one JSON object a line. */
  readonly log: string;
}

/** A runner at work. */
export interface RunnerProcess {
  /** Grants of which it has said that they run. */
  running(): readonly GrantStatus[];
  /** By SIGKILL. */
  kill(): void;
  readonly ended: Promise<Run>;
}

/** Starts the runner with a config, which is written into the file. */
export function startRunner(file: string, config: RunnerConfig): RunnerProcess {
  writeFileSync(file, JSON.stringify(config));
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", runner, file], {
    stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  });
  let [out, log] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => { out += text; });
  child.stderr.setEncoding("utf8").on("data", (text: string) => { log += text; });
  /** Whole lines only: it may die while it writes one. */
  const lines = () => out.split("\n").slice(0, -1).map((line) => JSON.parse(line) as RunnerLine); // the runner's own
  let hung = false;
  const bound = setTimeout(() => {
    hung = true;
    child.kill("SIGKILL");
  }, (config.timeoutSeconds + 5) * 1000);
  return {
    running: () => lines().flatMap(({ running }) => running ?? []),
    kill: () => void child.kill("SIGKILL"),
    ended: new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => {
        clearTimeout(bound);
        const end = hung ? "hung" : signal === "SIGKILL" ? "killed" : code === 0 ? "finished" : "failed";
        resolve({ end, statuses: lines().flatMap(({ over }) => over ?? []), log });
      });
    }),
  };
}
