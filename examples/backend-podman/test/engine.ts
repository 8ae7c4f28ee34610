import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";

const words = (name: string, byDefault: readonly string[]): readonly string[] => {
  const text = process.env[name];
  return text === undefined ? byDefault : z.array(z.string()).parse(JSON.parse(text));
};

/** The engine of this machine: `BRIDGE_PODMAN` and `BRIDGE_PODMAN_RUN`, JSON arrays, and `BRIDGE_PODMAN_IMAGE`. */
export const engine = () => ({
  command: words("BRIDGE_PODMAN", ["podman"]),
  runArguments: words("BRIDGE_PODMAN_RUN", []),
  image: process.env["BRIDGE_PODMAN_IMAGE"] ?? "bridge-machine",
});

const start = promisify(execFile);

/** Asks the engine itself, past the backend and all faults. */
export async function podman(...parameters: readonly string[]): Promise<string> {
  const [program = "", ...before] = engine().command;
  return (await start(program, [...before, ...parameters], { maxBuffer: 64 * 1024 * 1024, timeout: 60_000 })).stdout;
}

/** The lines that podman prints. */
export async function podmanLines(...parameters: readonly string[]): Promise<readonly string[]> {
  return (await podman(...parameters)).split("\n").filter((line) => line !== "");
}
