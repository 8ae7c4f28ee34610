import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ComputeGrant, decodeGrant } from "../../src/index.ts";
import { caught } from "../fixtures/caught.ts";
import { digest, grantOf } from "../fixtures/grants.ts";
import { arbitraryGrant } from "../fixtures/arbitrary.ts";

const { manifest, ...claims } = grantOf();
const { issuer: _issuer, ...withoutIssuer } = claims;
const wrong = async (value: unknown) => {
  const { code, problems = [] } = await caught(() => decodeGrant(value));
  return { code, paths: problems.map(({ path }) => path) };
};

describe("a grant", () => {
  it("comes back unchanged from JSON, whatever it holds", () => {
    fc.assert(fc.property(arbitraryGrant, (grant) => {
      expect(decodeGrant(JSON.parse(JSON.stringify(grant)))).toEqual(grant);
    }));
  });

  it.each<[string, unknown, string[]]>([
    ["nothing", undefined, [""]], ["null", null, [""]], ["a list", [], [""]], ["a text", "grant", [""]],
    ["a missing claim", { ...claims, manifest, issuer: undefined }, ["issuer"]],
    ["a missing size", { ...claims, manifest: { ...manifest, ramMib: undefined } }, ["manifest.ramMib"]],
    ["an unknown claim", { ...claims, manifest, colour: "blue" }, ["colour"]],
    ["an unknown size", { ...claims, manifest: { ...manifest, gpus: 1 } }, ["manifest.gpus"]],
    ["negative sizes", { ...claims, manifest: { ...manifest, cpuMillicores: -1, ramMib: -1, storageGib: -1 } }, ["manifest.cpuMillicores", "manifest.ramMib", "manifest.storageGib"]],
    ["zero sizes", { ...claims, manifest: { ...manifest, cpuMillicores: 0, ramMib: 0 } }, ["manifest.cpuMillicores", "manifest.ramMib"]],
    ["fractional sizes", { ...claims, manifest: { ...manifest, cpuMillicores: 0.5, ramMib: 1.5, storageGib: 1e-9 } }, ["manifest.cpuMillicores", "manifest.ramMib", "manifest.storageGib"]],
    ["huge sizes", { ...claims, manifest: { ...manifest, cpuMillicores: 1_000_001, ramMib: 67_108_865, storageGib: 1e300 } }, ["manifest.cpuMillicores", "manifest.ramMib", "manifest.storageGib"]],
    ["sizes that are no numbers", { ...claims, manifest: { ...manifest, cpuMillicores: "1", ramMib: Number.NaN, storageGib: Number.POSITIVE_INFINITY } }, ["manifest.cpuMillicores", "manifest.ramMib", "manifest.storageGib"]],
    ["an integer too large for JSON", { ...claims, manifest: { ...manifest, ramMib: 5n } }, ["manifest.ramMib"]],
    ["ticks that are no safe integers", { ...claims, manifest, validFrom: -1, validTo: 2 ** 53 }, ["validFrom", "validTo"]],
    ["an end before its start", { ...claims, manifest, validFrom: 10, validTo: 9 }, ["validTo"]],
    ["an end at its start", { ...claims, manifest, validFrom: 10, validTo: 10 }, ["validTo"]],
    ["an unknown TDX word", { ...claims, manifest: { ...manifest, tdx: "Required" } }, ["manifest.tdx"]],
    ["an unknown architecture", { ...claims, manifest: { ...manifest, arch: "x86_64" } }, ["manifest.arch"]],
    ["regions that are no list", { ...claims, manifest: { ...manifest, regions: "here" } }, ["manifest.regions"]],
    ["a region that is no label", { ...claims, manifest: { ...manifest, regions: ["here", "", "a b", 7] } }, ["manifest.regions[1]", "manifest.regions[2]", "manifest.regions[3]"]],
    ["too many regions", { ...claims, manifest: { ...manifest, regions: Array.from({ length: 257 }, () => "x") } }, ["manifest.regions"]],
    ["control characters", { ...claims, manifest, requestId: "a\u001b[31m", issuer: "b\n" }, ["requestId", "issuer"]],
    ["texts that are too long", { ...claims, manifest, requestId: "x".repeat(129) }, ["requestId"]],
    ["a digest of another kind", { ...claims, manifest, imageDigest: "sha512:00" }, ["imageDigest"]],
    ["a digest in capitals", { ...claims, manifest, imageDigest: digest.toUpperCase() }, ["imageDigest"]],
    ["a claim inherited from its prototype", Object.assign(Object.create({ issuer: "x" }), withoutIssuer, { manifest }), ["issuer"]],
    ["something that refers to itself", { ...claims, manifest, requestId: (() => { const loop: unknown[] = []; loop.push(loop); return loop; })() }, ["requestId"]],
  ])("that has %s is invalid_grant, with path", async (_what, value, paths) => {
    expect(await wrong(value)).toEqual({ code: "invalid_grant", paths });
  });

  it("is told all its problems at once, in a message without raw control characters", async () => {
    const error = await caught(() => decodeGrant({ ...claims, requestId: "\u001b]0;x\u0007", manifest: { ...manifest, tdx: "\u001b[2J", ramMib: -1 }, "x\u0000y": 1 }));
    expect(error.problems).toHaveLength(4);
    for (const text of [error.message.replaceAll("\n", ""), ...(error.problems ?? []).flatMap(({ path, message }) => [path, message])]) expect(text).not.toMatch(/\p{Cc}/u);
  });

  it("may have no other member than those that are known, for any spelling", () => {
    fc.assert(fc.property(fc.string(), fc.jsonValue(), (key, value) => {
      fc.pre(!Object.hasOwn(grantOf({}, { imageDigest: digest }), key));
      expect(() => decodeGrant({ ...grantOf(), ...Object.fromEntries([[key, value]]) } satisfies ComputeGrant)).toThrow();
    }));
  });
});
