import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { BridgeError, type ProvisionedInstance } from "@bridge/core";
import type { SshAccess } from "../session/ssh-access.ts";

const visitTimeoutMs = 20_000;

/** What a command printed, and which client ran it. */
export interface Visit {
  readonly client: "OpenSSH" | "ssh2";
  readonly output: string;
}

const hasCode = (error: unknown, code: string): boolean => error instanceof Error && "code" in error && error.code === code;

/**
 * Runs a constant command inside an instance: with the system's OpenSSH client, else with ssh2, by the pinned host key only.
 *
 * @throws BridgeError `unavailable` when it does not work, `aborted`.
 */
export async function visit(instance: ProvisionedInstance, access: SshAccess, privateKey: string, command: string, signal: AbortSignal): Promise<Visit> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(visitTimeoutMs)]);
  try {
    const { stdout } = await promisify(execFile)("ssh", ["-F", "none", "-o", "BatchMode=yes", ...access.parameters, command], { signal: bounded, encoding: "utf8" });
    return { client: "OpenSSH", output: stdout };
  } catch (error) {
    if (signal.aborted) throw new BridgeError("aborted", "the caller ended the call", { cause: error });
    if (!hasCode(error, "ENOENT")) throw new BridgeError("unavailable", `ssh: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const { visitWithLibrary } = await import("./visit-with-library.ts");
  return { client: "ssh2", output: await visitWithLibrary(instance, privateKey, command, bounded) };
}
