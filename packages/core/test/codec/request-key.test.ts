import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, decodeGrant, hashJson, requestKeyOf } from "../../src/index.ts";
import { arbitraryGrant } from "../fixtures/arbitrary.ts";
import { grantOf } from "../fixtures/grants.ts";

describe("a request key", () => {
  it("is what an independent implementation makes of it", () => {
    // Python: base32 over sha256 of the canonical JSON of [owner, issuer, requestId, sha256 of the grant's canonical JSON].
    expect(requestKeyOf("owner", grantOf())).toBe("tpse3n5wzwwaoyss4z2bgqdmj3");
  });

  it("is legal in every name, label and token", () => {
    fc.assert(fc.property(arbitraryGrant, fc.string(), (grant, owner) => {
      expect(requestKeyOf(owner, grant)).toMatch(/^[a-z2-7]{26}$/);
    }));
  });

  it("does not depend on the order of members or on a trip through JSON", () => {
    fc.assert(fc.property(arbitraryGrant, (grant) => {
      const turned = Object.fromEntries(Object.entries(JSON.parse(JSON.stringify(grant))).reverse());
      expect(requestKeyOf("owner", decodeGrant(turned))).toBe(requestKeyOf("owner", grant));
    }));
  });

  it("is another for another owner, issuer, request id or any other claim", () => {
    const grant = grantOf();
    const others = [
      requestKeyOf("owner", grant), requestKeyOf("owne", grant), requestKeyOf("owner", grantOf({}, { issuer: "other" })), requestKeyOf("owner", grantOf({}, { requestId: "other" })),
      requestKeyOf("owner", grantOf({ ramMib: 513 })), requestKeyOf("owner", grantOf({}, { validTo: grant.validTo + 1 })), requestKeyOf("owner", grantOf({ regions: ["x"] })),
    ];
    expect(new Set(others).size).toBe(others.length);
  });
});

describe("canonical JSON", () => {
  it("says the same of equal values and something else of others", () => {
    fc.assert(fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const [one, other] = [a, b].map((value): unknown => JSON.parse(JSON.stringify(value)));
      expect(JSON.parse(canonicalJson(one))).toEqual(one);
      expect(canonicalJson(one) === canonicalJson(other)).toBe(isDeepStrictEqual(one, other));
      expect(hashJson({ one }) === hashJson({ one: other })).toBe(isDeepStrictEqual(one, other));
    }));
  });

  it("sorts members at every depth, omits absent ones and white space", () => {
    expect(canonicalJson({ b: [{ d: 1, c: "ü\n" }, undefined], a: undefined, A: null })).toBe(`{"A":null,"b":[{"c":"ü\\n","d":1},null]}`);
  });
});
