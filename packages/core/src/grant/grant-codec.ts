import type { ComputeGrant, ComputeManifest } from "../backend/words.ts";
import { type Decoder, decode, integer, list, object, oneOf, text } from "../codec/decoder.ts";

/** `sha256:` and 64 lower-case hex digits, as OCI writes digests. */
export const imageDigest = text({ pattern: /^sha256:[0-9a-f]{64}$/, what: "sha256: and 64 lower-case hex digits" });

const label = text({ maxLength: 128, pattern: /^[^\p{Cc}]+$/u, what: "a text of 1 to 128 characters without control characters" });

const manifest = object<ComputeManifest>({
  cpuMillicores: { required: integer({ min: 1, max: 1_000_000 }) },
  ramMib: { required: integer({ min: 1, max: 67_108_864 }) },
  storageGib: { required: integer({ min: 0, max: 1_048_576 }) },
  arch: { required: oneOf("amd64", "arm64") },
  tdx: { required: oneOf("required", "preferred", "none") },
  regions: { required: list(text({ maxLength: 64, pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/, what: "a region label" }), { maxItems: 256 }) },
});

const claims = object<ComputeGrant>({
  requestId: { required: label },
  issuer: { required: label },
  providerId: { required: label },
  manifest: { required: manifest },
  imageDigest: { optional: imageDigest },
  validFrom: { required: integer() },
  validTo: { required: integer() },
});

const grant: Decoder<ComputeGrant> = (value, path, problems) => {
  const read = claims(value, path, problems);
  if (read !== undefined && read.validTo <= read.validFrom) {
    problems.push({ path: "validTo", message: `must be after validFrom (${read.validFrom}), not ${read.validTo}` });
    return undefined;
  }
  return read;
};

/**
 * Reads the plain claims of a grant, strictly: unknown members are refused.
 *
 * Sizes: `cpuMillicores` 1 to 1,000,000; `ramMib` 1 to 67,108,864 (64 TiB); `storageGib` 0 to 1,048,576 (1 PiB).
 *
 * @throws BridgeError `invalid_grant` with all problems. Whether the grant is valid *now* is not asked here.
 */
export function decodeGrant(value: unknown): ComputeGrant {
  return decode(grant, value, { code: "invalid_grant", subject: "the grant" });
}
