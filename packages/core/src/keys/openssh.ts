import { createHash } from "node:crypto";
import { BridgeError } from "../errors/bridge-error.ts";

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const field = (bytes: Uint8Array | string): Buffer => {
  const buffer = Buffer.from(bytes);
  return Buffer.concat([u32(buffer.length), buffer]);
};

/** The wire form of an Ed25519 public key (RFC 8709 section 4). */
const ed25519Blob = (publicKey: Uint8Array): Buffer => Buffer.concat([field("ssh-ed25519"), field(publicKey)]);

/** `ssh-ed25519 AAAA…` from the 32 bytes of the key. */
export function openSshPublicKey(publicKey: Uint8Array): string {
  return `ssh-ed25519 ${ed25519Blob(publicKey).toString("base64")}`;
}

/**
 * An OpenSSH private key file (openssh-key-v1, not encrypted) from seed and public key, 32 bytes each. The same key gives
 * the same bytes: the check number, which OpenSSH draws at random, is taken from a hash. Source: openssh PROTOCOL.key.
 */
export function openSshPrivateKey(seed: Uint8Array, publicKey: Uint8Array): string {
  const blob = ed25519Blob(publicKey);
  const check = createHash("sha256").update("bridge check number").update(seed).digest().subarray(0, 4);
  const secret = Buffer.concat([check, check, field("ssh-ed25519"), field(publicKey), field(Buffer.concat([seed, publicKey])), field("")]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, i) => i + 1));
  const file = Buffer.concat([
    Buffer.from("openssh-key-v1\0"), field("none"), field("none"), field(""), u32(1), field(blob), field(Buffer.concat([secret, padding])),
  ]);
  const lines = file.toString("base64").match(/.{1,70}/g) ?? [];
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join("\n")}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

/** The fields of a blob, each with its length before it (RFC 4251 section 5); undefined when they do not fill it exactly. */
function fieldsOf(blob: Buffer): readonly Buffer[] | undefined {
  const fields: Buffer[] = [];
  let at = 0;
  while (at + 4 <= blob.length) {
    const end = at + 4 + blob.readUInt32BE(at);
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return at === blob.length ? fields : undefined;
}

const keyTypes = /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com)$/;

/**
 * Checks one OpenSSH public key line and returns it without its comment. Options before the key (`command="…"`) are
 * refused: the line is put into `authorized_keys` files as it is.
 *
 * @throws BridgeError `invalid_grant`.
 */
export function parseSshPublicKey(line: unknown): string {
  const wrong = (why: string) => new BridgeError("invalid_grant", `must be one OpenSSH public key line: ${why}`);
  if (typeof line !== "string") throw wrong("it is no string");
  if (/[\r\n\0]/.test(line.trim())) throw wrong("it has more than one line");
  const [type = "", base64 = ""] = line.trim().split(/\s+/);
  if (!keyTypes.test(type)) throw wrong("it does not start with a known key type such as ssh-ed25519");
  const blob = Buffer.from(base64, "base64");
  if (blob.toString("base64").replace(/=+$/, "") !== base64.replace(/=+$/, "")) throw wrong("its second word is not base64");
  const [named, ...parts] = fieldsOf(blob) ?? [];
  const whole = parts.length > 0 && (type !== "ssh-ed25519" || (parts.length === 1 && parts[0]?.length === 32));
  if (named?.toString() !== type || !whole) throw wrong("its second word is no key of that type");
  return `${type} ${blob.toString("base64")}`;
}

/** `SHA256:…` as `ssh-keygen -l` prints it, of an OpenSSH public key line. */
export function sshFingerprint(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

/** A line for a `known_hosts` file. Brackets and port are written unless the port is 22, as sshd(8) describes. */
export function knownHostsLine({ host, port, hostKey }: { host: string; port: number; hostKey: string }): string {
  return `${port === 22 ? host : `[${host}]:${port}`} ${hostKey}`;
}
