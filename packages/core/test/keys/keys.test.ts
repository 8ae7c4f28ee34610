import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KeyObject, createPublicKey, sign, verify } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import ssh2 from "ssh2";
import { deriveSshKeyPair, generateSshKeyPair, type KeyDerivation, knownHostsLine, openSshPublicKey, parseSshPublicKey, sshFingerprint } from "../../src/keys/index.ts";
import { ed25519PrivateKey } from "../../src/keys/key-pair.ts";
import { caught } from "../fixtures/caught.ts";
import { masterSecret, refFields } from "../fixtures/grants.ts";

const folder = mkdtempSync(join(tmpdir(), "bridge-keys-"));
afterAll(() => rmSync(folder, { recursive: true }));
const { requestKey } = refFields;
const derivation: KeyDerivation = { masterSecret, salt: Buffer.from("salt"), purpose: "ssh-host", requestKey, attempt: 1 };
const hasSshKeygen = spawnSync("ssh-keygen", ["-?"]).error === undefined;

describe("a derived key pair", () => {
  it("is what an independent implementation derives, so that a replay years later finds its keys", () => {
    // Python's hmac for HKDF-SHA256, openssl pkey for Ed25519.
    expect(deriveSshKeyPair(derivation).publicKey).toBe(openSshPublicKey(Buffer.from("bdc3d094f547d3f4fa01cad2de887972ba9e328e12b5a5304905cf0941b3fddb", "hex")));
  });

  it("is the same for the same input, byte by byte, and whether the secret is text or bytes", () => {
    const [one, other] = [deriveSshKeyPair(derivation), deriveSshKeyPair({ ...derivation, masterSecret: Buffer.from(masterSecret) })];
    expect([other.publicKey, other.privateKey]).toEqual([one.publicKey, one.privateKey]);
  });

  it("is another for any other input", () => {
    const changes: Partial<KeyDerivation>[] = [{}, { masterSecret: `${masterSecret}.` }, { salt: new Uint8Array() }, { purpose: "ssh-control" }, { purpose: "ssh-user" }, { requestKey: "b".repeat(26) }, { attempt: 2 }];
    const keys = changes.map((change) => deriveSshKeyPair({ ...derivation, ...change }).publicKey);
    expect(new Set(keys).size).toBe(changes.length);
  });

  it("is not made from a secret below 32 bytes, which no message repeats", async () => {
    const error = await caught(() => deriveSshKeyPair({ ...derivation, masterSecret: "SHORT-CANARY" }));
    expect(error.code).toBe("invalid_option");
    expect(error.message).not.toContain("CANARY");
    expect(() => deriveSshKeyPair({ ...derivation, masterSecret: "ä".repeat(16) })).not.toThrow();
  });
});

describe("an SSH private key", () => {
  const pairs = { derived: deriveSshKeyPair(derivation), generated: generateSshKeyPair() };

  it.each(Object.entries(pairs))("(%s) is read by ssh2, and signs for its public half", (_what, { privateKey, publicKey }) => {
    const parsed = ssh2.utils.parseKey(privateKey);
    if (parsed instanceof Error) throw parsed;
    expect(`${parsed.type} ${parsed.getPublicSSH().toString("base64")}`).toBe(publicKey);
    const signature: unknown = parsed.sign("message");
    expect(parsed.verify("message", Buffer.isBuffer(signature) ? signature : Buffer.alloc(0))).toBe(true);
  });

  it.skipIf(!hasSshKeygen).each(Object.entries(pairs))("(%s) is read by OpenSSH (needs ssh-keygen)", (what, { privateKey, publicKey }) => {
    const file = join(folder, what);
    writeFileSync(file, privateKey);
    chmodSync(file, 0o600);
    expect(execFileSync("ssh-keygen", ["-y", "-f", file], { encoding: "utf8" }).trim()).toBe(publicKey);
    expect(execFileSync("ssh-keygen", ["-l", "-f", file], { encoding: "utf8" })).toContain(sshFingerprint(publicKey));
  });

  it("of a seed is Ed25519's", () => {
    const key: KeyObject = ed25519PrivateKey(Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex"));
    // RFC 8032 section 7.1, test 1.
    expect(createPublicKey(key).export({ format: "jwk" }).x).toBe(Buffer.from("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "hex").toString("base64url"));
    expect(verify(null, Buffer.alloc(0), createPublicKey(key), sign(null, Buffer.alloc(0), key))).toBe(true);
  });
});

describe("an SSH public key", () => {
  // By ssh-keygen. Not by ssh2's generateKeyPairSync: its Ed25519 keys lose a leading zero byte (the case below).
  it.each([
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBHg2fTksd/mesFgIy2U1kKSV3BpN1RBa6Jj0EILfbHU",
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBN7uQLz/emjVRRcIybhrfx36zvRFE2ohg8K11BnUzptt9uwdTo4rwAerskAeNI2zLS0n0H1uiJHsaNRYeL34hLo=",
    "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAH+ft1e9uO3z1FsBegu25pAwtSLwXTaHN21fPiuIKMRxjz8xsqF1/UYCo50wOkl4SEJEPqKcufSRQsEJMsw7YzbFQGMNdI8NA8Eb5mn012HERxID2i/ceHFnbSr4nKUrT9zgIn+RsnbMJIqV7L8282N8VJdtp7ukoNHTGL9UANGYH/dWQ==",
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCwPm/Y5iArpNssnSZDSd5ILuIxe7UHScXI6eJFWQWjth4thC+4MNT2nl3b4fOD1A7GvSsTr+5Ny4JVZDAwZVW2cBnw0UGxcQExiIm6gan0d9eELFVHV13Hrf+X3T6QSxmS0iBn07uWon3SKBCq6jRDxwbLsD+efskM/hqF2pbhwwl24QPv61/xuhACX/97xEHZANpi0bmy1avMusVxTwZMx0LXVUmzZr7AWbGqId7JVg0HR7EGRcGMS6Wha6QFbZUre/edAtevy3+kSMHpZdWndqxNyVybzCVpicA8Bni9QCTg+tmsKGjc0FKHVBcj2dWiNt2GvxGQjdw53y5XkXsT",
  ])("of any common kind is accepted, without its comment", (line) => {
    expect(parseSshPublicKey(`  ${line} somebody@somewhere\n`)).toBe(line);
  });

  it("of Ed25519 has 32 bytes: the 31 that ssh2 1.17.0 writes of a key that starts with zero are refused", async () => {
    const short = Buffer.from("0000000b7373682d656432353531390000001f74327db38d0b5a0e083e41cea13188763d283cf7adaf993b8be425e834451d", "hex");
    expect((await caught(() => parseSshPublicKey(`ssh-ed25519 ${short.toString("base64")}`))).message).toContain("no key of that type");
  });

  it.each([undefined, 5, "", "ssh-ed25519", "ssh-ed25519 ====", "ssh-dss AAAAB3NzaC1kc3MAAAAA", "ssh-ed25519 AAAA", "-----BEGIN OPENSSH PRIVATE KEY-----"])("is not %j", async (line) => {
    expect((await caught(() => parseSshPublicKey(line))).code).toBe("invalid_grant");
  });
});

describe("a known_hosts line", () => {
  const { publicKey } = generateSshKeyPair();

  it("names the port only where it is not 22", () => {
    expect(knownHostsLine({ host: "h.example", port: 22, hostKey: publicKey })).toBe(`h.example ${publicKey}`);
    expect(knownHostsLine({ host: "127.0.0.1", port: 2222, hostKey: publicKey })).toBe(`[127.0.0.1]:2222 ${publicKey}`);
  });

  it.skipIf(!hasSshKeygen)("is found by OpenSSH (needs ssh-keygen)", () => {
    const file = join(folder, "known_hosts");
    writeFileSync(file, [knownHostsLine({ host: "h.example", port: 22, hostKey: publicKey }), knownHostsLine({ host: "127.0.0.1", port: 2222, hostKey: publicKey }), ""].join("\n"));
    for (const host of ["h.example", "[127.0.0.1]:2222"]) expect(execFileSync("ssh-keygen", ["-F", host, "-f", file], { encoding: "utf8" })).toContain(publicKey);
  });
});
