import type { InstanceRef, Json, Placement, ProvisionedInstance } from "../backend/words.ts";
import { type Decoder, decode, integer, isRecord, list, object, oneOf, parseJson, text } from "../codec/decoder.ts";
import { createInstance, type InstanceFields } from "./create-instance.ts";

const isJson = (value: unknown): value is Json =>
  value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)
  || (Array.isArray(value) && value.every(isJson)) || (isRecord(value) && Object.values(value).every(isJson));

const jsonObject: Decoder<{ readonly [key: string]: Json }> = (value, path, problems) => {
  if (isRecord(value) && isJson(value)) return value;
  problems.push({ path, message: "must be an object of JSON values" });
  return undefined;
};

const any = text({ maxLength: 65_536 });
const lenient = { unknown: "ignore" } as const;

const placement = object<Placement>({
  scope: { required: any }, region: { required: any }, size: { required: any }, pool: { optional: any }, resolved: { required: jsonObject },
}, lenient);

const refShape = {
  backend: { required: any },
  scope: { required: any },
  requestKey: { required: text({ pattern: /^[a-z2-7]{26}$/, what: "26 characters of lower-case base32" }) },
  attempt: { required: integer({ min: 1 }) },
  placement: { required: placement },
  intentAtMs: { required: integer() },
};

const ref = object<InstanceRef>({ ...refShape, instanceId: { optional: any } }, lenient);

const instance = object<InstanceFields & { keyPrivate?: string }>({
  ...refShape,
  instanceId: { required: any },
  region: { required: any },
  publicHost: { required: any },
  sshPort: { required: integer({ min: 1, max: 65_535 }) },
  user: { required: any },
  keyPrivate: { optional: text({ maxLength: 65_536, secret: true }) },
  keyPublic: { required: any },
  hostKey: { required: any },
  startedAt: { required: integer() },
  providerId: { required: any },
  isolation: { required: oneOf("vm", "td", "container", "process") },
  tdx: { required: oneOf("none", "requested") },
  hostKeyProvenance: { required: oneOf("injected", "pinned", "platform") },
}, lenient);

/** Reads a stored ref; unknown members are dropped. @throws BridgeError `invalid_option` with all problems. */
export function decodeRef(value: unknown): InstanceRef {
  return decode(ref, value, { code: "invalid_option", subject: "the instance ref" });
}

const placements = list(placement, { maxItems: 100_000 });

/** Reads what a backend calls placements; unknown members are dropped. @throws BridgeError `internal` with all problems. */
export function decodePlacements(value: unknown): readonly Placement[] {
  return decode(placements, value, { code: "internal", subject: "the backend's placements" });
}

/** The storable part of an instance that names it for later calls. */
export function refOf({ backend, scope, requestKey, attempt, placement: { ...where }, intentAtMs, instanceId }: InstanceRef): InstanceRef {
  return { backend, scope, requestKey, attempt, placement: where, intentAtMs, ...(instanceId === undefined ? {} : { instanceId }) };
}

/**
 * An instance as JSON text. The private key is in it only if asked for, so that storing one is a visible decision.
 */
export function encodeInstance(value: ProvisionedInstance, { includePrivateKey = false }: { includePrivateKey?: boolean } = {}): string {
  return JSON.stringify({ ...value, ...(includePrivateKey && value.keyPrivate !== undefined ? { keyPrivate: value.keyPrivate } : {}) });
}

/** Reads what {@link encodeInstance} wrote; unknown members are dropped. @throws BridgeError `invalid_option` with all problems. */
export function decodeInstance(json: string): ProvisionedInstance {
  const { keyPrivate, ...fields } = decode(instance, parseJson(json), { code: "invalid_option", subject: "the stored instance" });
  return createInstance(fields, keyPrivate);
}
