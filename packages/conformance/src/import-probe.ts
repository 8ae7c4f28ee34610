import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** Client libraries of platforms: they take long to load and must not be loaded by an import. */
export const cloudSdk = /^(@aws-sdk|@azure|@google-cloud|@alicloud|@oci-sdk|@kubernetes\/client-node|@linode|aws-sdk|googleapis|google-auth-library|oci-sdk|dockerode|hcloud-js|openstack-client)(\/|$)/;

/** What the probing process is told, as JSON on its input. */
export interface ProbeOrder {
  readonly url: string;
  /** Absent: the plugin is only imported. */
  readonly options?: unknown;
}

/** What the probing process found, as JSON on its descriptor 3. */
export interface ProbeResult {
  /** What import or construction did that it must not, one line each. */
  readonly findings: readonly string[];
  /** Why the module could not be loaded or constructed. */
  readonly failure?: string;
}

const longestSeconds = 30;

/**
 * Imports a plugin's module, and constructs a backend, in a process of its own whose file system, network, process, timer
 * and environment functions are hooked; what is under way afterwards counts too. Native code could escape the hooks.
 * Node's permission model would not do: it cannot refuse reads (the import itself reads), timers or environment.
 */
export async function probeImport(order: ProbeOrder): Promise<ProbeResult> {
  const program = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./import-probe-main.ts" : "./import-probe-main.js", import.meta.url));
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program], { stdio: ["pipe", "ignore", "pipe", "pipe"], timeout: longestSeconds * 1000, killSignal: "SIGKILL" });
  child.stdin?.on("error", () => {}); // a child that ends early is seen by its missing answer
  child.stdin?.end(JSON.stringify(order));
  // Descriptor 3 is a pipe from the child by the stdio above.
  const [answer, complaints] = await Promise.all([text(child.stdio[3] as Readable), child.stderr === null ? "" : text(child.stderr)]);
  if (answer !== "") return JSON.parse(answer) as ProbeResult; // written by import-probe-main.ts
  return { findings: [], failure: `the module ended its process, or took more than ${longestSeconds} s: ${complaints.trim().slice(-500)}` };
}
