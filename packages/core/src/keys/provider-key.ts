import type { KeyObject } from "node:crypto";
import { deriveSeed, ed25519PrivateKey } from "./key-pair.ts";

/** The private Ed25519 key with which a provider signs its card, logs and receipts. @throws BridgeError `invalid_option` for a short master secret. */
export const deriveProviderKey = (masterSecret: Uint8Array | string): KeyObject => ed25519PrivateKey(deriveSeed(masterSecret, new Uint8Array(), ["provider-card"]));
