import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { type BootConfig, loadBootConfig } from "../../src/boot/index.ts";
import { head, secrets, sourcesOf } from "../fixtures/boot-sources.ts";
import { caught } from "../fixtures/caught.ts";

const load = (backends: string): Promise<BootConfig> => loadBootConfig(sourcesOf(`${head}backends:\n${backends}`));
const canaries = [...Object.values(secrets), "INLINE-CANARY"];

/** Everything that an error says, in every way that it can be shown. */
const told = (error: Error): string => [error.message, error.stack, JSON.stringify(error), inspect(error, { depth: 9, showHidden: true })].join("\n");

describe("a reference to a secret", () => {
  it("is resolved anywhere in the options, from environment and files", async () => {
    const config = await load("  - use: strict-plugin\n    options:\n      token: { env: TOKEN }\n      hosts: [{ address: a, password: { file: ./token } }]\n");
    expect(config.backends[0]?.options).toEqual({ token: secrets.token, hosts: [{ address: "a", password: secrets.file }] });
  });

  it("keeps the line breaks of a file with several lines", async () => {
    const config = await load("  - use: strict-plugin\n    options: { token: { file: ./key } }\n");
    expect(config.backends[0]?.options).toEqual({ token: "line 1\nline 2\n" });
  });

  it("satisfies a schema that judges the whole by the secret", async () => {
    await expect(load("  - use: judging-plugin\n    options: { login: { token: { env: TOKEN } } }\n")).resolves.toBeDefined();
  });

  it.each([
    ["{ env: MISSING }", "the environment variable MISSING is not set"],
    ["{ env: EMPTY }", "the environment variable EMPTY is empty"],
    ["{ file: ./missing }", "the file ./missing cannot be read (ENOENT)"],
    ["{ file: ./empty }", "the file ./empty is empty"],
  ])("that cannot be read (%s) is invalid_config, in options and as master secret", async (reference, why) => {
    const inOptions = await caught(() => load(`  - use: strict-plugin\n    options:\n      token: ${reference}\n`));
    expect({ code: inOptions.code, problems: inOptions.problems }).toEqual({ code: "invalid_config", problems: [{ path: "backends[0].options.token", line: 7, message: why }] });
    const master = await caught(() => loadBootConfig(sourcesOf(`owner: me\nproviderId: p\nmasterSecret: ${reference}\nbackends: [{ use: strict-plugin }]\n`)));
    expect({ code: master.code, problems: master.problems }).toEqual({ code: "invalid_config", problems: [{ path: "masterSecret", line: 3, message: why }] });
  });
});

describe("a secret", () => {
  it.each([
    ["a master secret written out", "owner: me\nproviderId: p\nmasterSecret: INLINE-CANARY\nbackends: [{ use: strict-plugin }]\n"],
    ["a master secret that is too short", "owner: me\nproviderId: p\nmasterSecret: { env: SHORT }\nbackends: [{ use: strict-plugin }]\n"],
    ["a secret that the schema finds too short", `${head}backends: [{ use: strict-plugin, options: { token: { env: SHORT } } }]\n`],
    ["a schema that quotes what it refuses", `${head}backends: [{ use: quoting-plugin, options: { token: { env: TOKEN } } }]\n`],
    ["a secret where a number belongs", `${head}backends: [{ use: strict-plugin, options: { count: { env: TOKEN } } }]\n`],
    ["an unknown option beside it", `${head}backends: [{ use: strict-plugin, options: { token: { env: TOKEN }, x: 1 } }]\n`],
    ["bad YAML beside it", "masterSecret: 'INLINE-CANARY\nowner: me\n"],
    ["bad YAML that quotes it", "owner: me\n}INLINE-CANARY: [\n"],
    ["a block scalar that quotes it", "masterSecret: |INLINE-CANARY\n  x\n"],
  ])("is in no error: %s", async (_what, text) => {
    const error = await caught(() => loadBootConfig(sourcesOf(text)));
    expect(["invalid_config", "invalid_option"]).toContain(error.code);
    for (const canary of [...canaries, "too-short"]) expect(told(error)).not.toContain(canary);
  });

  it("is not in a loaded config that is printed, unless asked for by name", async () => {
    const config = await load("  - use: strict-plugin\n    options: { token: { env: TOKEN } }\n");
    const shown = [JSON.stringify(config), inspect(config, { depth: 9 }), JSON.stringify({ ...config }), JSON.stringify(config.backends.map((backend) => ({ ...backend })))].join();
    for (const canary of canaries) expect(shown).not.toContain(canary);
    expect(config.masterSecret).toBe(secrets.master);
  });
});

describe("where the master secret is unused", () => {
  const unused = (masterSecret: string): Promise<BootConfig> =>
    loadBootConfig(sourcesOf(`owner: me\nproviderId: p\n${masterSecret}backends: [{ use: judging-plugin, options: { login: { token: { env: TOKEN } } } }]\n`), { masterSecret: "unused" });

  it.each([["not written at all", ""], ["a variable that is not set", "masterSecret: { env: MISSING }\n"], ["a file that is missing", "masterSecret: { file: ./missing }\n"]])("the master secret may be %s; what is used is known to nobody", async (_what, text) => {
    const [one, another] = [await unused(text), await unused(text)];
    expect(one.masterSecret.length).toBeGreaterThan(31);
    expect(one.masterSecret).not.toBe(another.masterSecret);
  });

  it("elsewhere it must be written", async () => {
    const missing = await caught(() => loadBootConfig(sourcesOf("owner: me\nproviderId: p\nbackends: [{ use: strict-plugin }]\n")));
    expect(missing).toMatchObject({ code: "invalid_config", problems: [{ path: "masterSecret" }] });
  });

  it("a secret may still not be written out, and other secrets must be there", async () => {
    expect((await caught(() => unused("masterSecret: INLINE-CANARY\n"))).problems).toEqual([expect.objectContaining({ path: "masterSecret" })]);
    const missing = await caught(() => loadBootConfig(sourcesOf("owner: me\nproviderId: p\nbackends: [{ use: strict-plugin, options: { token: { env: MISSING } } }]\n"), { masterSecret: "unused" }));
    expect(missing.problems).toEqual([expect.objectContaining({ path: "backends[0].options.token" })]);
  });
});
