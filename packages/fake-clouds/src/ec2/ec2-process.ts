import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Ec2Control } from "./control.ts";
import { connectEc2Control } from "./remote-control.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
/** What one has compiled, the next need not. */
const compileCache = join(tmpdir(), "bridge-fake-clouds-compile-cache");
const startTimeoutMs = 20_000;

/** A fake EC2 in a process of its own; it ends with the process that started it. */
export interface Ec2Process {
  readonly endpoint: string;
  readonly sshPort: number;
  readonly control: Ec2Control;
  close(): Promise<void>;
}

/** Starts one. Rejects when it does not come up. */
export async function startEc2Process(): Promise<Ec2Process> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, "--with-parent"], {
    stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  });
  const ended = once(child, "close");
  const [line] = await once(createInterface(child.stdout), "line", { signal: AbortSignal.timeout(startTimeoutMs) }) as [string]; // what readline gives
  const { endpoint, sshPort } = JSON.parse(line) as { readonly endpoint: string; readonly sshPort: number }; // what its main prints first
  return {
    endpoint, sshPort, control: await connectEc2Control(endpoint),
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
