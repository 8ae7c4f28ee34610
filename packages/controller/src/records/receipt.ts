import type { webcrypto } from "node:crypto";
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { BridgeError, type ComputeGrant, hashJson, type ProvisionedInstance } from "@bridge/core";
import type { RecordSigner } from "./jws.ts";

/** `typ` of a signed receipt. */
export const receiptType = "bridge-ssh-access+jws";

/** What a requester needs to reach their machine. */
export interface SshAccessReceipt extends Pick<ProvisionedInstance, "requestKey" | "attempt" | "user" | "hostKey" | "hostKeyProvenance" | "isolation" | "tdx" | "providerId"> {
  readonly version: 1;
  readonly host: string;
  readonly port: number;
  /** Last tick of the lease, exclusive. */
  readonly validTo: number;
  /** Only where Bridge made the key. */
  readonly keyPrivate?: string;
}

/** What is called of the suite, which types its keys by a global that Node has under another name. */
interface HpkeSender {
  readonly kem: { deserializePublicKey(key: ArrayBuffer): Promise<webcrypto.CryptoKey> };
  createSenderContext(parameters: { readonly recipientPublicKey: webcrypto.CryptoKey; readonly info: ArrayBuffer }): Promise<{ readonly enc: ArrayBuffer; seal(data: ArrayBuffer, associated: ArrayBuffer): Promise<ArrayBuffer> }>;
}

const suite: HpkeSender = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const info = new TextEncoder().encode("bridge/1 ssh-access-receipt");

/**
 * Signs a receipt and, where the requester has a key, seals it to that: HPKE base mode (RFC 9180) with X25519, HKDF-SHA256
 * and AES-256-GCM; associated data are grant hash and attempt. Sealed, it is `hpke.` and two parts in base64url: the
 * encapsulated key and the ciphertext of the JWS. Unsealed, it is the JWS.
 */
export async function sealReceipt(instance: ProvisionedInstance, grant: ComputeGrant, { signer, requesterKey }: { readonly signer: RecordSigner; readonly requesterKey: string | undefined }): Promise<string> {
  const { requestKey, attempt, publicHost, sshPort, user, hostKey, hostKeyProvenance, isolation, tdx, providerId, keyPrivate } = instance;
  const receipt: SshAccessReceipt = {
    version: 1, requestKey, attempt, host: publicHost, port: sshPort, user, hostKey, hostKeyProvenance, validTo: grant.validTo, isolation, tdx, providerId,
    ...(keyPrivate === undefined ? {} : { keyPrivate }),
  };
  const signed = signer.sign(receiptType, receipt);
  if (requesterKey === undefined) return signed;
  const sender = await senderTo(requesterKey);
  const sealed = await sender.seal(bytesOf(Buffer.from(signed)), bytesOf(Buffer.from(`${hashJson(grant)}.${attempt}`)));
  return `hpke.${Buffer.from(sender.enc).toString("base64url")}.${Buffer.from(sealed).toString("base64url")}`;
}

/** Refuses a key that nothing can be sealed to before a machine is made. @throws BridgeError `invalid_grant`. */
export async function requireSealable(requesterKey: string | undefined): Promise<void> {
  if (requesterKey === undefined) return;
  try {
    await senderTo(requesterKey);
  } catch (cause) {
    throw new BridgeError("invalid_grant", "requesterKey: nothing can be sealed to it; it must be the 32 bytes of an X25519 public key, base64url", { outcome: "none", cause, problems: [{ path: "requesterKey", message: "is no X25519 public key" }] });
  }
}

async function senderTo(requesterKey: string): ReturnType<HpkeSender["createSenderContext"]> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(bytesOf(Buffer.from(requesterKey, "base64url")));
  return suite.createSenderContext({ recipientPublicKey, info: bytesOf(info) });
}

/** The bytes alone: a Buffer is a window of a larger piece of memory. */
const bytesOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;
