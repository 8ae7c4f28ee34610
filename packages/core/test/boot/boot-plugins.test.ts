import { describe, expect, it } from "vitest";
import { loadBootConfig } from "../../src/boot/index.ts";
import { head, sourcesOf } from "../fixtures/boot-sources.ts";
import { caught } from "../fixtures/caught.ts";

const failure = (backends: string) => caught(() => loadBootConfig(sourcesOf(`${head}backends:\n${backends}`)));

describe("a plugin that a boot config names", () => {
  it.each([
    ["@bridge/backend-somewhere", "@bridge/backend-somewhere"],
    ["bridge-backend-hetzner", "bridge-backend-hetzner"],
    ["@scope/many/entry", "@scope/many"],
  ])("that is not installed (%s) is plugin_not_found, with the exact command", async (use, name) => {
    const error = await failure(`  - use: "${use}"\n`);
    expect(error.code).toBe("plugin_not_found");
    expect(error.problems).toEqual([{ path: "backends[0].use", line: 5, message: `${name} is not installed; run: npm install ${name}` }]);
    expect(error.cause).toMatchObject({ code: "ERR_MODULE_NOT_FOUND" });
  });

  it("that is a missing file is plugin_not_found, without a command", async () => {
    const error = await failure("  - use: ./missing.ts\n");
    expect(error.problems).toEqual([{ path: "backends[0].use", line: 5, message: "the file ./missing.ts is missing" }]);
  });

  it.each([
    ["broken-plugin", "SyntaxError: Unexpected token '}'"],
    ["needy-plugin", "it needs left-pad, which is missing"],
    ["./needy.ts", "it needs /somewhere/other.ts, which is missing"],
  ])("that is there but cannot be loaded (%s) says so and keeps the cause", async (use, why) => {
    const error = await failure(`  - use: ${use}\n`);
    expect(error.code).toBe("contract_mismatch");
    expect(error.message).toContain(`${use} is there but cannot be loaded: ${why}`);
    expect(error.message).not.toContain("npm install");
    expect(error.cause).toBeInstanceOf(Error);
  });

  it.each([
    ["no-plugin", "is not a backend plugin"],
    ["no-default", "is not a backend plugin"],
    ["future-plugin", "follows backend contract 2; this Bridge knows contract 1"],
    ["half-a-plugin", "name must match"],
  ])("that is none, or of another contract (%s), is contract_mismatch", async (use, why) => {
    const error = await failure(`  - use: ${use}\n`);
    expect(error.code).toBe("contract_mismatch");
    expect(error.message).toContain(why);
    expect(error.problems).toMatchObject([{ path: "backends[0].use", line: 5 }]);
  });

  it("of which several are missing share one error of that code; with other problems it is invalid_config", async () => {
    expect((await failure("  - use: one\n  - use: two\n")).code).toBe("plugin_not_found");
    const mixed = await failure("  - use: one\n  - use: future-plugin\n");
    expect(mixed.code).toBe("invalid_config");
    expect(mixed.problems?.map(({ path }) => path)).toEqual(["backends[0].use", "backends[1].use"]);
    expect(mixed.cause).toBeInstanceOf(AggregateError);
  });
});

describe("the options of a plugin", () => {
  it.each([
    ["strict-plugin", "{ regoin: x }", "backends[0].options.regoin:7", "is not known here"],
    ["strict-plugin", "{ count: many }", "backends[0].options.count:7", "expected number"],
    ["strict-plugin", "{ hosts: [{ address: a, usr: root }] }", "backends[0].options.hosts[0].usr:7", "is not known here"],
    ["stripping-plugin", "{ regoin: x }", "backends[0].options:6", "lets unknown keys pass"],
    ["stripping-plugin", "{}", "backends[0].options:6", "lets unknown keys pass"],
    ["loose-plugin", "{ regoin: x }", "backends[0].options:6", "lets unknown keys pass"],
    ["nested-stripping-plugin", "{ hosts: [{ address: a, usr: root }] }", "backends[0].options.hosts[0]:7", "lets unknown keys pass"],
  ])("%s refuses %s as invalid_option, with path and line", async (use, options, at, why) => {
    const error = await failure(`  - use: ${use}\n    options:\n      ${options}\n`);
    expect(error.code).toBe("invalid_option");
    expect(error.problems?.map(({ path, line }) => `${path}:${line}`)).toEqual([at]);
    expect(error.message).toContain(why);
  });

  it("may have free keys where the schema says so", async () => {
    const text = `${head}backends:\n  - use: nested-stripping-plugin\n    options: { hosts: [], labels: { anything: 1 } }\n`;
    expect((await loadBootConfig(sourcesOf(text))).backends[0]?.options).toEqual({ hosts: [], labels: { anything: 1 } });
  });
});
