import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Capabilities, cardKeyOf, createCard, decodeCard, encodeCard, signCard, verifyCard } from "../../src/index.ts";
import { caught } from "../fixtures/caught.ts";
import { fleetOf } from "../fixtures/fleets.ts";
import { masterSecret, startMs } from "../fixtures/grants.ts";
import { memoryFleet } from "../fixtures/memory-fleets.ts";
import { roomy, scripted } from "../fixtures/scripted-backend.ts";

const mrTd = "ab".repeat(48);
const second: Capabilities = { ...roomy, regions: ["here", "there"], tdxCapable: true, mrTd: [mrTd], isolation: "td", byRegion: { there: { tdxCapable: true, maxCpuMillicores: 1 } }, architectures: ["amd64", "arm64"] };
const fleet = fleetOf([scripted("b"), scripted("a", { capabilities: async () => second })]);
const rates = { currency: "EUR", cpuCoreHour: 0.04, ramGibHour: 0.005 };
const card = createCard({ providerId: "provider", backends: await fleet.capabilities(), rates: { a: rates, gone: rates }, issuedAtMs: startMs });
const signed = signCard(card, masterSecret);

describe("a provider card", () => {
  it("holds what a Fleet offers: its backends in order, and what they offer together", () => {
    expect(card).toEqual({
      version: 1, providerId: "provider", publicKeys: [], issuedAtMs: startMs,
      backends: [{ name: "b", capabilities: roomy }, { name: "a", capabilities: second, rates }],
      regions: ["here", "there"], tdxCapable: true, mrTd: [mrTd], isolation: ["td"],
    });
  });

  it("of a Fleet without TDX says so", async () => {
    const plain = createCard({ providerId: "p", backends: await memoryFleet().fleet.capabilities(), issuedAtMs: 0 });
    expect(plain).toMatchObject({ tdxCapable: false, mrTd: [], regions: ["memory"], isolation: ["vm"] });
  });

  it("is not made of capabilities that cannot be", async () => {
    const error = await caught(() => createCard({ providerId: "p", backends: [["a", { ...roomy, maxRamMib: Number.NaN, mrTd: ["x"] }]], issuedAtMs: 0 }));
    expect(error.problems?.map(({ path }) => path)).toEqual(["backends[0].capabilities.maxRamMib", "backends[0].capabilities.mrTd[0]", "mrTd[0]"]);
  });
});

describe("a signed card", () => {
  it("holds the key that it is signed with, and verifies with that key alone", () => {
    expect(signed.card.publicKeys).toEqual([cardKeyOf(masterSecret)]);
    expect(verifyCard(signed, cardKeyOf(masterSecret))).toBe(true);
    expect(verifyCard(signed, cardKeyOf(`${masterSecret}.`))).toBe(false);
    expect(verifyCard(signed, { x: "nonsense" })).toBe(false);
  });

  it("names its key by the thumbprint of RFC 7638", () => {
    // The thumbprint of RFC 8037 appendix A.3 is of another key; its form is what is fixed here.
    expect(cardKeyOf(masterSecret)).toMatchObject({ kty: "OKP", crv: "Ed25519", x: expect.stringMatching(/^[\w-]{43}$/), keyId: expect.stringMatching(/^[\w-]{43}$/) });
  });

  it("is signed the same each time, also after its first signature", () => {
    expect(signCard(card, masterSecret)).toEqual(signed);
    expect(signCard(signed.card, masterSecret)).toEqual(signed);
  });

  it("comes back from JSON and still verifies, whatever the order of its members", () => {
    const read = decodeCard(encodeCard(signed));
    expect(read).toEqual(signed);
    const turned = { signature: signed.signature, card: Object.fromEntries(Object.entries(signed.card).reverse()) };
    expect(verifyCard(decodeCard(JSON.stringify(turned)), cardKeyOf(masterSecret))).toBe(true);
  });

  it("verifies with members that are not known yet, and not when they were changed", () => {
    const newer = signCard(Object.assign({}, card, { motto: "we lease" }), masterSecret);
    const read = decodeCard(encodeCard(newer));
    expect(verifyCard(read, cardKeyOf(masterSecret))).toBe(true);
    expect(verifyCard(decodeCard(encodeCard(newer).replace("we lease", "we least")), cardKeyOf(masterSecret))).toBe(false);
  });

  it("does not verify when any character of it was changed", () => {
    const text = encodeCard(signed);
    const bytes = Buffer.from(signed.signature, "base64url");
    const spellings = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].map((last) => signed.signature.slice(0, -1) + last)
      .filter((spelling) => Buffer.from(spelling, "base64url").equals(bytes));
    expect(spellings.length).toBe(16);
    expect(spellings.filter((signature) => verifyCard({ ...signed, signature }, cardKeyOf(masterSecret)))).toEqual([signed.signature]);
    fc.assert(fc.property(fc.nat({ max: text.length - 1 }), fc.constantFrom(..."0aZ-"), (index, character) => {
      fc.pre(text[index] !== character);
      const changed = text.slice(0, index) + character + text.slice(index + 1);
      let verified = false;
      try {
        verified = verifyCard(decodeCard(changed), cardKeyOf(masterSecret));
      } catch {
        return;
      }
      expect(verified, changed).toBe(false);
    }), { numRuns: 500 });
  });

  it.each<[string, (text: string) => string, string]>([
    ["of another version", (text) => text.replace(`"version":1`, `"version":2`), "card.version"],
    ["without a signature", (text) => text.replace("signature", "sign"), "signature"],
    ["with a key of another kind", (text) => text.replace("Ed25519", "P-256"), "card.publicKeys[0].crv"],
    ["that is no JSON", () => "{", ""],
  ])("%s is not read", async (_what, change, path) => {
    const { code, problems = [] } = await caught(() => decodeCard(change(encodeCard(signed))));
    expect({ code, paths: problems.map((problem) => problem.path) }).toEqual({ code: "invalid_option", paths: [path] });
  });
});
