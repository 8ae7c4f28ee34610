import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";

// Every test here starts processes; on a busy machine a few of them take long.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

export const binPath = fileURLToPath(new URL("../bin/bridge.js", import.meta.url));
export const examplePath = (name: string): string => fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run of the built program that has not ended yet. */
export class Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  stdout = "";
  stderr = "";

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => { this.stdout += text; });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => { this.stderr += text; });
    this.finished = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve({ code, signal, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  /** Resolves when the text was printed on either stream; fails when the program ends, or 20 s pass, without it. */
  async until(text: string | RegExp): Promise<void> {
    const isThere = () => `${this.stdout}${this.stderr}`.search(text) >= 0;
    for (let waitedMs = 0; waitedMs < 20_000 && !isThere(); waitedMs += 10) {
      if (this.child.exitCode !== null || this.child.signalCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    if (!isThere()) throw new Error(`${String(text)} was never printed:\n${this.stdout}\n${this.stderr}`);
  }
}

/** A folder to work in, with its own state, temporary files and environment. */
export class Sandbox {
  readonly folder = mkdtempSync(join(tmpdir(), "bridge-cli-test-"));
  readonly temporary = join(this.folder, "tmp");
  readonly state = join(this.folder, "state");

  constructor() {
    mkdirSync(this.temporary);
  }

  start(parameters: readonly string[], { env = {} }: { readonly env?: Readonly<Record<string, string>> } = {}): Running {
    const { PATH = "" } = process.env;
    return new Running(spawn(process.execPath, [binPath, ...parameters], {
      cwd: this.folder,
      env: { PATH, HOME: this.folder, TMPDIR: this.temporary, XDG_STATE_HOME: this.state, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    }));
  }

  async run(parameters: readonly string[], setting?: Parameters<Sandbox["start"]>[1]): Promise<Finished> {
    return this.start(parameters, setting).finished;
  }

  /** Runs a command that must succeed with `--json`, and returns its document. */
  async json(...parameters: readonly string[]): Promise<unknown> {
    const { code, stdout, stderr } = await this.run([...parameters, "--json"]);
    if (code !== 0) throw new Error(`bridge ${parameters.join(" ")} ended with ${code}:\n${stderr}`);
    return JSON.parse(stdout);
  }

  write(name: string, content: string | object): string {
    const path = join(this.folder, name);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }

  /** What stands in the folder for temporary files. */
  get leftovers(): readonly string[] {
    return readdirSync(this.temporary);
  }

  /** Whether any instance was ever asked for. */
  get hasInstances(): boolean {
    const instances = join(this.state, "bridge", "local", "instances");
    return existsSync(instances) && readdirSync(instances).length > 0;
  }

  async dispose(): Promise<void> {
    if (existsSync(join(this.folder, "bridge.yaml"))) await this.run(["terminate", "--all-of-this-owner"]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The claims of the example grant, changed. */
export function exampleGrant(changes: object = {}, manifest: object = {}): Record<string, unknown> {
  const grant: unknown = JSON.parse(readFileSync(examplePath("grant.json"), "utf8"));
  if (typeof grant !== "object" || grant === null || !("manifest" in grant)) throw new Error("examples/grant.json holds no grant");
  const arch = process.arch === "arm64" ? "arm64" : "amd64";
  return { ...grant, manifest: { ...Object(grant.manifest), arch, ...manifest }, ...changes };
}
