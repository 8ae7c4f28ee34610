import { createPublicKey, type KeyObject, sign } from "node:crypto";
import { cardKeyOf } from "@bridge/core";
import { deriveProviderKey } from "@bridge/core/keys";

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Signs records as compact JWS (RFC 7515) with the provider's Ed25519 key (RFC 8037), which its card publishes. */
export interface RecordSigner {
  /** The same record gives the same text. `typ` keeps one kind of record from passing for another. */
  sign(typ: string, record: object): string;
  /** To verify with. */
  readonly publicKey: KeyObject;
}

/** @throws BridgeError `invalid_option` for a short master secret. */
export function createSigner(masterSecret: Uint8Array | string): RecordSigner {
  const key = deriveProviderKey(masterSecret);
  const { keyId } = cardKeyOf(masterSecret);
  return {
    publicKey: createPublicKey(key),
    sign: (typ, record) => {
      const signed = `${part({ alg: "EdDSA", typ, kid: keyId })}.${part(record)}`;
      return `${signed}.${sign(null, Buffer.from(signed), key).toString("base64url")}`;
    },
  };
}
