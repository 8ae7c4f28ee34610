import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { ComputeGrant } from "@bridge/core";
import { readGrant, shortenLease } from "../input/read-grant.ts";

/** The demo's instance ends by itself after so long, whatever happens to the demo. */
const leaseSeconds = 120;

/** Copied beside the program when it is built. */
const examplePath = (): string => fileURLToPath(new URL("./grant.json", import.meta.url));

/** The example grant, for this machine's architecture, or one of a person's; under a new request id and with a short lease. */
export async function demoGrant(path: string | undefined): Promise<ComputeGrant> {
  const grant = await readGrant(path ?? examplePath());
  const arch = process.arch === "arm64" ? "arm64" : "amd64";
  const manifest = path === undefined ? { ...grant.manifest, arch } as const : grant.manifest;
  return shortenLease({ ...grant, manifest, requestId: `demo-${randomUUID()}` }, leaseSeconds);
}
