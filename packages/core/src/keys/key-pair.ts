import { createPrivateKey, createPublicKey, hkdfSync, randomBytes } from "node:crypto";
import type { SshKeyPair } from "../backend/words.ts";
import { BridgeError } from "../errors/bridge-error.ts";
import { openSshPrivateKey, openSshPublicKey } from "./openssh.ts";

/** What a derived key is for; each purpose gives another key. */
export type KeyPurpose = "ssh-host" | "ssh-control" | "ssh-user";

/** What a key is derived from. The same input always gives the same key. */
export interface KeyDerivation {
  /** At least 32 bytes; a string counts in UTF-8. */
  readonly masterSecret: Uint8Array | string;
  /** Per attempt and erased with it, or empty where nobody keeps one. Default: empty. */
  readonly salt?: Uint8Array;
  readonly purpose: KeyPurpose;
  readonly requestKey: string;
  readonly attempt: number;
}

/** Holds the private half where enumeration, cloning and inspection do not look. */
class HiddenKeyPair implements SshKeyPair {
  readonly publicKey: string;
  readonly #privateKey: string;

  constructor(publicKey: string, privateKey: string) {
    this.publicKey = publicKey;
    this.#privateKey = privateKey;
  }

  get privateKey(): string {
    return this.#privateKey;
  }

  /** What console.log and util.inspect show, also when asked to run getters. */
  [Symbol.for("nodejs.util.inspect.custom")](): object {
    return { ...this };
  }
}

/** The PKCS #8 form of an Ed25519 seed (RFC 8410 section 7): a fixed head and the 32 bytes. */
const pkcs8Head = Buffer.from("302e020100300506032b657004220420", "hex");

/** An Ed25519 private key from its 32-byte seed. */
export function ed25519PrivateKey(seed: Uint8Array): ReturnType<typeof createPrivateKey> {
  return createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: "der", type: "pkcs8" });
}

function fromSeed(seed: Uint8Array): SshKeyPair {
  const spki = createPublicKey(ed25519PrivateKey(seed)).export({ format: "der", type: "spki" });
  const publicKey = spki.subarray(-32);
  return new HiddenKeyPair(openSshPublicKey(publicKey), openSshPrivateKey(seed, publicKey));
}

/** A new random SSH key pair (Ed25519). */
export function generateSshKeyPair(): SshKeyPair {
  return fromSeed(randomBytes(32));
}

/** Checks a master secret and returns its bytes. @throws BridgeError `invalid_option` below 32 bytes, and for anything else than bytes or a string. */
export function masterSecretBytes(masterSecret: Uint8Array | string): Uint8Array {
  const bytes: unknown = typeof masterSecret === "string" ? Buffer.from(masterSecret) : masterSecret;
  if (bytes instanceof Uint8Array && bytes.length >= 32) return bytes;
  const has = bytes instanceof Uint8Array ? `has ${bytes.length}` : "is missing";
  throw new BridgeError("invalid_option", `masterSecret must have at least 32 bytes, ${has}; make one with: openssl rand -hex 32`);
}

/** 32 bytes by HKDF-SHA256 (RFC 5869) with an info that names what they are for. */
export function deriveSeed(masterSecret: Uint8Array | string, salt: Uint8Array, info: readonly (string | number)[]): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", masterSecretBytes(masterSecret), salt, JSON.stringify(["bridge/1", ...info]), 32));
}

/** The SSH key pair of one attempt for one purpose. @throws BridgeError `invalid_option` for a short master secret. */
export function deriveSshKeyPair({ masterSecret, salt = new Uint8Array(), purpose, requestKey, attempt }: KeyDerivation): SshKeyPair {
  return fromSeed(deriveSeed(masterSecret, salt, [purpose, requestKey, attempt]));
}
