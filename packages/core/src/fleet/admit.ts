import type { Almanac, ComputeGrant, Envelope } from "../backend/words.ts";
import { BridgeError } from "../errors/bridge-error.ts";
import { decodeEnvelope } from "../grant/envelope-codec.ts";
import { decodeGrant } from "../grant/grant-codec.ts";

/** What a grant is checked against. */
export interface Admission {
  readonly almanac: Almanac;
  readonly nowMs: number;
  readonly providerId?: string;
}

/**
 * Checks the claims of a grant, and that it is for this provider and valid now.
 *
 * @throws BridgeError `invalid_grant`, `wrong_audience`, `grant_expired`, `grant_not_yet_valid`.
 */
export function admitGrant(claims: ComputeGrant, { almanac, nowMs, providerId }: Admission): { grant: ComputeGrant; deadlineMs: number } {
  const grant = decodeGrant(claims);
  if (providerId !== undefined && grant.providerId !== providerId) {
    throw new BridgeError("wrong_audience", `the grant is for provider "${grant.providerId}"; this is "${providerId}"`, { outcome: "none" });
  }
  const deadlineMs = almanac.tickToMs(grant.validTo);
  const startMs = almanac.tickToMs(grant.validFrom);
  if (nowMs >= deadlineMs) {
    throw new BridgeError("grant_expired", `validTo: the grant expired at tick ${grant.validTo}, ${Math.ceil((nowMs - deadlineMs) / 1000)} s ago`, { outcome: "none", problems: [{ path: "validTo", message: "has passed" }] });
  }
  if (nowMs < startMs) {
    const retryAfterSeconds = Math.ceil((startMs - nowMs) / 1000);
    throw new BridgeError("grant_not_yet_valid", `validFrom: the grant is valid from tick ${grant.validFrom}, in ${retryAfterSeconds} s`, { outcome: "none", retryAfterSeconds, problems: [{ path: "validFrom", message: "lies in the future" }] });
  }
  return { grant, deadlineMs };
}

/**
 * Checks an envelope against its grant.
 *
 * @throws BridgeError `invalid_grant`, `image_mismatch`.
 */
export function admitEnvelope(content: Envelope, grant: ComputeGrant, makeRequesterKey: boolean): Envelope {
  const envelope = decodeEnvelope(content);
  if (envelope.imageDigest !== grant.imageDigest) {
    throw new BridgeError("image_mismatch", `imageDigest: the grant permits ${grant.imageDigest ?? "no image"}, the envelope names ${envelope.imageDigest ?? "none"}`, { outcome: "none" });
  }
  if (envelope.sshPublicKey === undefined && !makeRequesterKey) {
    throw new BridgeError("invalid_grant", "a problem with the envelope:\n  sshPublicKey: is missing, and the caller did not ask Bridge to make a key", { outcome: "none", problems: [{ path: "sshPublicKey", message: "is missing" }] });
  }
  return envelope;
}
