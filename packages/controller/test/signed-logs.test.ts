import { generateKeyPairSync, sign } from "node:crypto";
import { compactVerify } from "jose";
import { expect, test } from "vitest";
import { computeLogOf, computeLogType, signComputeLog } from "../src/records/compute-log.ts";
import { createSigner } from "../src/records/jws.ts";

const masterSecret = "x".repeat(32);
const manifest = { cpuMillicores: 1, ramMib: 1, storageGib: 0, arch: "amd64", tdx: "none", regions: [] } as const;
const log = computeLogOf({
  requestKey: "k", acceptedAtMs: 1, grant: { requestId: "r", issuer: "i", providerId: "p", validFrom: 0, validTo: 1, manifest },
  result: { kind: "failed", endedAtMs: 2, failure: { code: "no_capacity", message: "full" } },
});

test("a log is a JWS that others can verify, and the same log is signed the same", async () => {
  const signer = createSigner(masterSecret);
  const signed = signComputeLog(log, signer);
  const { payload, protectedHeader } = await compactVerify(signed, signer.publicKey, { algorithms: ["EdDSA"] });
  expect(protectedHeader).toMatchObject({ alg: "EdDSA", typ: computeLogType });
  expect(JSON.parse(new TextDecoder().decode(payload))).toEqual(log);
  expect(signComputeLog(log, createSigner(masterSecret))).toBe(signed);
});

test("another key's signature is refused", async () => {
  const [head, body] = signComputeLog(log, createSigner(masterSecret)).split(".");
  const forged = `${head}.${body}.${sign(null, Buffer.from(`${head}.${body}`), generateKeyPairSync("ed25519").privateKey).toString("base64url")}`;
  await expect(compactVerify(forged, createSigner(masterSecret).publicKey)).rejects.toThrow(/signature/);
});
