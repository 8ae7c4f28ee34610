import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createInstance, decodeInstance, decodeRef, decodeUsage, encodeInstance, encodeUsage, refOf } from "../../src/index.ts";
import { arbitraryInstance, arbitraryUsage } from "../fixtures/arbitrary.ts";
import { caught } from "../fixtures/caught.ts";
import { refFields } from "../fixtures/grants.ts";

describe("an instance", () => {
  it("comes back from storage unchanged, with and without its private key", () => {
    fc.assert(fc.property(arbitraryInstance, fc.option(fc.string({ minLength: 1 }), { nil: undefined }), (fields, key) => {
      const instance = createInstance(fields, key);
      const kept = decodeInstance(encodeInstance(instance, { includePrivateKey: true }));
      expect({ ...kept }).toEqual(fields);
      expect(kept.keyPrivate).toBe(key);
      expect(decodeInstance(encodeInstance(instance)).keyPrivate).toBeUndefined();
      expect(decodeRef(JSON.parse(JSON.stringify(refOf(instance))))).toEqual(refOf(instance));
    }));
  });

  it("of a newer version is read without what is not known", () => {
    fc.assert(fc.property(arbitraryInstance, (fields) => {
      const newer = JSON.stringify({ ...fields, colour: "blue", placement: { ...fields.placement, zone: 1 } });
      expect({ ...decodeInstance(newer) }).toEqual(fields);
    }));
  });

  it.each(["", "nonsense", "null", "[]", "{}", "{\"backend\":1}"])("is not read from %j", async (json) => {
    const { code, problems = [] } = await caught(() => decodeInstance(json));
    expect(code).toBe("invalid_option");
    expect(problems.length).toBeGreaterThan(0);
  });

  it("is not read with a request key, attempt or port that cannot be", async () => {
    const fields = fc.sample(arbitraryInstance, 1)[0];
    const error = await caught(() => decodeInstance(JSON.stringify({ ...fields, requestKey: "UPPER", attempt: 0, sshPort: 65_536, placement: { scope: "s", region: "r", size: "z", resolved: [] } })));
    expect(error.problems?.map(({ path }) => path).sort()).toEqual(["attempt", "placement.resolved", "requestKey", "sshPort"]);
  });
});

describe("a ref", () => {
  it("holds exactly what names the attempt", () => {
    expect(Object.keys(refOf({ ...refFields, instanceId: "i", publicHost: "h" } as typeof refFields)).sort()).toEqual(["attempt", "backend", "instanceId", "intentAtMs", "placement", "requestKey", "scope"]);
    expect("instanceId" in refOf(refFields)).toBe(false);
  });
});

describe("usage", () => {
  it("comes back unchanged, as text and as object", () => {
    fc.assert(fc.property(arbitraryUsage, (usage) => {
      expect(decodeUsage(encodeUsage(usage))).toEqual(usage);
      expect(decodeUsage(JSON.parse(encodeUsage(usage)))).toEqual(usage);
    }));
  });

  it("of a newer version is read without what is not known", () => {
    fc.assert(fc.property(arbitraryUsage, (usage) => {
      expect(decodeUsage({ ...usage, gpuSeconds: 1, exit: { ...usage.exit, core: true } })).toEqual(usage);
    }));
  });

  it.each<[string, object, string]>([
    ["a negative meter", { wallSeconds: { value: -1, source: "measured" } }, "wallSeconds.value"],
    ["a meter that is not a number", { wallSeconds: { value: Number.NaN, source: "measured" } }, "wallSeconds.value"],
    ["a value of unknown source", { wallSeconds: { value: 1, source: "guessed" } }, "wallSeconds.source"],
    ["a bare number", { wallSeconds: 5 }, "wallSeconds"],
    ["allocated network", { networkRxBytes: { value: 1, source: "allocated" } }, "networkRxBytes.source"],
    ["a negative exit code", { exit: { reason: "exited", code: -1 } }, "exit.code"],
    ["an unknown reason", { exit: { reason: "tired" } }, "exit.reason"],
  ])("with %s is invalid_option, with path", async (_what, change, path) => {
    const usage = fc.sample(arbitraryUsage, 1)[0];
    const { code, problems = [] } = await caught(() => decodeUsage({ ...usage, ...change }));
    expect({ code, paths: problems.map((problem) => problem.path) }).toEqual({ code: "invalid_option", paths: [path] });
  });

  it("that is no JSON is invalid_option", async () => {
    expect((await caught(() => decodeUsage("nonsense"))).code).toBe("invalid_option");
  });
});
