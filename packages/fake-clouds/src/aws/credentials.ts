import type { IncomingHttpHeaders } from "node:http";
import type { MovingClock } from "../moving-clock.ts";
import { AwsError } from "./aws-error.ts";
import { readSignature } from "./signature.ts";

/** A key that the fake accepts. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly accountId: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string;
  /** Milliseconds since the Unix epoch; of temporary credentials. */
  readonly expiresAtMs?: number;
}

/** Who asks, and where. */
export interface Caller {
  readonly accountId: string;
  readonly accessKeyId: string;
  readonly region: string;
}

type Service = keyof typeof codes;

const jsonCodes = { missing: ["MissingAuthenticationTokenException", 400], unknown: ["UnrecognizedClientException", 400], wrong: ["InvalidSignatureException", 400], expired: ["ExpiredTokenException", 400], skewed: ["InvalidSignatureException", 400] } as const;

/** The words of each service for the same refusals. */
const codes = {
  ec2: { missing: ["MissingAuthenticationToken", 403], unknown: ["AuthFailure", 401], wrong: ["AuthFailure", 401], expired: ["RequestExpired", 400], skewed: ["RequestExpired", 400] },
  sts: { missing: ["MissingAuthenticationToken", 403], unknown: ["InvalidClientTokenId", 403], wrong: ["SignatureDoesNotMatch", 403], expired: ["ExpiredToken", 403], skewed: ["SignatureDoesNotMatch", 403] },
  ssm: jsonCodes,
  servicequotas: jsonCodes,
} as const;
const longestSkewMs = 300_000;

/**
 * Who has signed a request.
 *
 * @throws AwsError as the service refuses keys that are unknown, wrong or expired, regions that are not enabled, and signatures
 * that are five minutes off the fake's clock. A clock that a test has moved counts as time that passed for both sides, so
 * the computer's own time will also do.
 */
export function authenticate(service: Service, { headers, body, keys, enabledRegions, clock, clockSkewSeconds }: {
  readonly headers: IncomingHttpHeaders; readonly body: string; readonly keys: readonly AccessKey[]; readonly enabledRegions: readonly string[];
  readonly clock: MovingClock; readonly clockSkewSeconds: number;
}): Caller {
  const refuse = (why: keyof (typeof codes)["ec2"], message: string) => new AwsError(codes[service][why][0], message, codes[service][why][1]);
  const signature = readSignature(headers, body);
  if (signature === undefined) return raise(refuse("missing", "The request is not signed with AWS Signature Version 4."));
  const { accessKeyId, region, signedAtMs } = signature;
  const key = keys.find((known) => known.accessKeyId === accessKeyId);
  const notValid = "AWS was not able to validate the provided access credentials";
  if (key === undefined || !enabledRegions.includes(region) || signature.service !== service) return raise(refuse("unknown", notValid));
  if (key.sessionToken !== undefined && headers["x-amz-security-token"] !== key.sessionToken) return raise(refuse("wrong", notValid));
  if (!signature.isBy(key.secretAccessKey)) return raise(refuse("wrong", notValid));
  if (key.expiresAtMs !== undefined && clock.now() >= key.expiresAtMs) return raise(refuse("expired", "Request has expired."));
  const nowMs = clock.now() + clockSkewSeconds * 1000;
  if (Math.min(Math.abs(signedAtMs - nowMs), Math.abs(signedAtMs - nowMs + clock.movedMs)) > longestSkewMs) return raise(refuse("skewed", "Request has expired."));
  return { accountId: key.accountId, accessKeyId, region };
}

function raise(error: AwsError): never {
  throw error;
}
