import { createHash } from "node:crypto";
import type { ComputeGrant, Json } from "../backend/words.ts";

/** JSON with sorted keys and no white space, as RFC 8785 has it for the values that Bridge uses. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** SHA-256 over the canonical JSON of a value, in lower-case hex. */
export function hashJson(value: Json | object): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

// RFC 4648 base32 in lower case: legal in GCE names, Azure labels and file systems that fold case.
const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

function base32(bytes: Uint8Array, length: number): string {
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  const total = BigInt(bytes.length * 8);
  let out = "";
  for (let i = 1n; i <= BigInt(length); i++) out += alphabet[Number((bits >> (total - 5n * i)) & 31n)];
  return out;
}

/**
 * The name of a request below admission: the first 26 characters (130 bits) of base32 over a SHA-256 of owner, issuer,
 * request id and grant hash. Lower case letters and the digits 2 to 7.
 */
export function requestKeyOf(owner: string, grant: ComputeGrant): string {
  const digest = createHash("sha256").update(canonicalJson([owner, grant.issuer, grant.requestId, hashJson(grant)])).digest();
  return base32(digest, 26);
}
