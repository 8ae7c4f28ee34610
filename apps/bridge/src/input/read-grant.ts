import { type ComputeGrant, createAlmanac, decodeGrant } from "@bridge/core";
import { readJson } from "./read-text.ts";

/** The claims of a grant from a file. @throws BridgeError `invalid_grant` with all problems. */
export async function readGrant(path: string): Promise<ComputeGrant> {
  return decodeGrant(await readJson(path, { code: "invalid_grant", subject: "the grant" }));
}

/** The grant with a lease that ends at most so many seconds from now; it never becomes longer. */
export function shortenLease(grant: ComputeGrant, seconds: number | undefined): ComputeGrant {
  if (seconds === undefined) return grant;
  return { ...grant, validTo: Math.min(grant.validTo, createAlmanac().msToTick(Date.now() + seconds * 1000)) };
}
