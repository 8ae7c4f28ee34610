import { createHash, createPublicKey, sign, verify } from "node:crypto";
import { canonicalJson } from "../grant/request-key.ts";
import { deriveProviderKey } from "../keys/provider-key.ts";
import type { CardKey, ProviderCard } from "./provider-card.ts";

/** A card and its provider's signature. */
export interface SignedCard {
  readonly card: ProviderCard;
  /** Ed25519 over `bridge-provider-card/1`, a line break and the canonical JSON (RFC 8785) of the card; base64url of 64 bytes. */
  readonly signature: string;
}

const signedBytes = (card: ProviderCard): Buffer => Buffer.from(`bridge-provider-card/1\n${canonicalJson(card)}`);

/** The public key with which a provider signs its cards, logs and receipts. @throws BridgeError `invalid_option` for a short master secret. */
export function cardKeyOf(masterSecret: Uint8Array | string): CardKey {
  const { x = "" } = createPublicKey(deriveProviderKey(masterSecret)).export({ format: "jwk" });
  const keyId = createHash("sha256").update(canonicalJson({ crv: "Ed25519", kty: "OKP", x })).digest("base64url");
  return { keyId, kty: "OKP", crv: "Ed25519", x };
}

/** Puts the provider's key into the card and signs it. The same card gives the same signature. @throws BridgeError `invalid_option` for a short master secret. */
export function signCard(card: ProviderCard, masterSecret: Uint8Array | string): SignedCard {
  const signed = { ...card, publicKeys: [cardKeyOf(masterSecret)] };
  return { card: signed, signature: sign(null, signedBytes(signed), deriveProviderKey(masterSecret)).toString("base64url") };
}

/**
 * Whether the card was signed with this key. Take the key from somewhere that you trust: every card verifies with a key
 * that it brings itself.
 */
export function verifyCard({ card, signature }: SignedCard, { x }: Pick<CardKey, "x">): boolean {
  try {
    const bytes = Buffer.from(signature, "base64url");
    // The last character of base64url has bits to spare: one signature must not have several spellings.
    if (bytes.toString("base64url") !== signature) return false;
    return verify(null, signedBytes(card), createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" }), bytes);
  } catch {
    // Node throws for bytes that are no key: nothing was signed with it.
    return false;
  }
}
