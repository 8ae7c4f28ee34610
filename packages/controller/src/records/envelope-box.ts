import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { BridgeError, canonicalJson, decodeEnvelope, type Envelope } from "@bridge/core";
import { deriveSeed } from "@bridge/core/keys";

/** Where an envelope may be read again: by whom, for which grant. */
export interface BoxKeys {
  /** The version that new boxes are locked with. */
  readonly version: number;
  secretOf(version: number): Uint8Array | string;
}

const seedOf = (keys: BoxKeys, version: number, salt: Uint8Array, purpose: string, requestKey: string) => deriveSeed(keys.secretOf(version), salt, [purpose, requestKey]);

/**
 * A keyed hash of an envelope: tells whether a second submission is the same, and nothing else.
 *
 * @param known what the first submission left, whose key version counts
 */
export function envelopeMac(envelope: Envelope, requestKey: string, keys: BoxKeys, known?: string): string {
  const version = known === undefined ? keys.version : Number(known.split(".")[0]);
  const mac = createHmac("sha256", seedOf(keys, version, new Uint8Array(), "envelope-mac", requestKey)).update(canonicalJson(envelope));
  return `${version}.${mac.digest("base64url")}`;
}

/** Locks an envelope for the ledger: AES-256-GCM under a key of master secret and a salt of its own, bound to the request key. `version.salt.nonce.tag.ciphertext`, base64url. */
export function lockEnvelope(envelope: Envelope, requestKey: string, keys: BoxKeys): string {
  const [salt, nonce] = [randomBytes(32), randomBytes(12)];
  const cipher = createCipheriv("aes-256-gcm", seedOf(keys, keys.version, salt, "envelope", requestKey), nonce).setAAD(Buffer.from(requestKey));
  const sealed = Buffer.concat([cipher.update(JSON.stringify(envelope), "utf8"), cipher.final()]);
  return [String(keys.version), ...[salt, nonce, cipher.getAuthTag(), sealed].map((bytes) => bytes.toString("base64url"))].join(".");
}

/** Opens what {@link lockEnvelope} locked. @throws BridgeError `internal` when it was changed, or locked for another request. */
export function openEnvelope(box: string, requestKey: string, keys: BoxKeys): Envelope {
  const [version = "", ...parts] = box.split(".");
  const [salt = nothing, nonce = nothing, tag = nothing, sealed = nothing] = parts.map((part) => Buffer.from(part, "base64url"));
  try {
    const decipher = createDecipheriv("aes-256-gcm", seedOf(keys, Number(version), salt, "envelope", requestKey), nonce).setAAD(Buffer.from(requestKey)).setAuthTag(tag);
    return decodeEnvelope(JSON.parse(Buffer.concat([decipher.update(sealed), decipher.final()]).toString("utf8")));
  } catch (cause) {
    throw new BridgeError("internal", `the stored envelope of request ${requestKey} cannot be opened`, { cause });
  }
}

const nothing = Buffer.alloc(0);
