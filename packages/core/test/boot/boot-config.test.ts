import { describe, expect, it } from "vitest";
import { Fleet } from "../../src/index.ts";
import { loadBootConfig } from "../../src/boot/index.ts";
import { memoryPlugin } from "../../src/memory/index.ts";
import { head, secrets, sourcesOf } from "../fixtures/boot-sources.ts";
import { caught } from "../fixtures/caught.ts";

const failure = (text: string) => caught(() => loadBootConfig(sourcesOf(text)));
const shown = ({ problems = [] }: Awaited<ReturnType<typeof failure>>) => problems.map(({ path, line }) => `${path}:${line}`);

describe("a boot config", () => {
  it("is read from YAML, with the order of its backends, their names, rates and resolved secrets", async () => {
    const config = await loadBootConfig(sourcesOf(`${head}ledgerId: ledger\nfallback: never
backends:
  - use: ./local-plugin.ts
    options: { token: { file: ./token } }
  - use: strict-plugin
    name: second
    rates: { currency: EUR, cpuCoreHour: 0.04, ramGibHour: 0 }
`));
    expect(config).toMatchObject({ owner: "me", providerId: "provider", ledgerId: "ledger", fallback: "never" });
    expect(config.masterSecret).toBe(secrets.master);
    expect(config.backends.map(({ name, use, options, rates }) => ({ name, use, options, rates }))).toEqual([
      { name: "from-file", use: "./local-plugin.ts", options: { token: secrets.file }, rates: undefined },
      { name: "second", use: "strict-plugin", options: {}, rates: { currency: "EUR", cpuCoreHour: 0.04, ramGibHour: 0 } },
    ]);
  });

  it("is read from JSON, also when it is indented with tabs", async () => {
    const written = { owner: "me", providerId: "p", masterSecret: { env: "MASTER" }, backends: [{ use: "strict-plugin" }] };
    const { backends } = await loadBootConfig(sourcesOf(JSON.stringify(written, undefined, "\t")));
    expect(backends.map(({ name }) => name)).toEqual(["strict"]);
  });

  it("may say the same in two places with an anchor", async () => {
    const { backends } = await loadBootConfig(sourcesOf(`${head}backends:\n  - use: strict-plugin\n    options: &same { region: r }\n  - use: strict-plugin\n    name: second\n    options: *same\n`));
    expect(backends.map(({ options }) => options)).toEqual([{ region: "r" }, { region: "r" }]);
  });

  it("becomes a Fleet", async () => {
    const config = await loadBootConfig(sourcesOf(`${head}backends:\n  - use: memory\n    name: first\n    options: { regions: [here] }\n`, { importPlugin: async () => ({ default: memoryPlugin }) }));
    const fleet = Fleet.fromBootConfig(config);
    expect(fleet.backends.map(({ name }) => name)).toEqual(["first"]);
    expect(await fleet.capabilities()).toMatchObject([["first", { regions: ["here"] }]]);
  });

  it("treats options without a value as none", async () => {
    const { backends } = await loadBootConfig(sourcesOf(`${head}backends:\n  - use: strict-plugin\n    options:\n      # region: somewhere\n`));
    expect(backends[0]?.options).toEqual({});
  });
});

describe("a wrong boot config", () => {
  it("is reported whole: every problem with its path and line, in one error", async () => {
    const error = await failure(`owner: Not Legal
providerId: provider
masterSecret: { env: MISSING }
fallback: nxt
colour: blue
backends:
  - use: strict-plugin
    options:
      regoin: here
  - use: strict-plugin
  - use: "@bridge/backend-somewhere"
    rates: { currency: euro }
  - use: future-plugin
`);
    expect(error.code).toBe("invalid_config");
    expect(shown(error).sort()).toEqual([
      "backends[0].options.regoin:9", "backends[1].name:10", "backends[2].rates.cpuCoreHour:12", "backends[2].rates.currency:12",
      "backends[2].rates.ramGibHour:12", "backends[2].use:11", "backends[3].use:13", "colour:5", "fallback:4", "masterSecret:3", "owner:1",
    ]);
    for (const { path, message, line } of error.problems ?? []) expect(error.message).toContain(`${path} (line ${line}): ${message}`);
  });

  it.each([
    ["an unknown key", `${head}backends: [{ use: strict-plugin }]\nbackend: []\n`, ["backend:5"]],
    ["a wrong type", `${head.replace("provider\n", "17\n")}backends: [{ use: strict-plugin }]\n`, ["providerId:2"]],
    ["backends that are no list", `${head}backends: { use: strict-plugin }\n`, ["backends:4"]],
    ["an entry that is no object", `${head}backends:\n  - strict-plugin\n`, ["backends[0]:5"]],
    ["a missing key", "providerId: p\nmasterSecret: { env: MASTER }\nbackends: [{ use: strict-plugin }]\n", ["owner:1"]],
    ["names that are there twice", `${head}backends:\n  - { use: strict-plugin, name: x }\n  - { use: ./local-plugin.ts, name: x }\n`, ["backends[1].name:6"]],
    ["a name like another plugin's", `${head}backends:\n  - { use: strict-plugin }\n  - { use: ./local-plugin.ts, name: strict }\n`, ["backends[1].name:6"]],
    ["a key that is there twice", `${head}owner: you\nbackends: [{ use: strict-plugin }]\n`, [":4"]],
    ["a use that is neither package nor path", `${head}backends: [{ use: "x; rm -rf" }]\n`, ["backends[0].use:4"]],
    ["an address as use", `${head}backends: [{ use: "data:text/javascript,0" }]\n`, ["backends[0].use:4"]],
    ["a merge key", `${head}backends:\n  - <<: { use: strict-plugin }\n`, ["backends[0].use:5", "backends[0].<<:5"]],
    ["the prototype as key", `${head}backends: [{ use: strict-plugin }]\n__proto__: { x: 1 }\n`, ["__proto__:5"]],
    ["bad YAML", `${head}backends: [\n`, [":5"]],
    ["two documents", `${head}backends: [{ use: strict-plugin }]\n---\nowner: you\n`, [":5"]],
    ["an unknown tag", `${head}backends: !special [{ use: strict-plugin }]\n`, [":4"]],
    ["an alias without anchor", `${head}backends: *nowhere\n`, [":4"]],
    ["an alias to itself", `${head}backends: &x [*x]\n`, [":1"]],
    ["nothing at all", "", [":undefined"]],
    ["a text", "hello\n", [":1"]],
  ])("%s is invalid_config, with path and line", async (_what, text, expected) => {
    const error = await failure(text);
    expect({ code: error.code, at: shown(error) }).toEqual({ code: "invalid_config", at: expected });
  });

  it("is refused when its aliases multiply without end", async () => {
    const layers = Array.from({ length: 12 }, (_, i) => `x${i + 1}: &x${i + 1} [${Array.from({ length: 10 }, () => `*x${i}`).join(", ")}]`);
    const error = await failure(`x0: &x0 [a]\n${layers.join("\n")}\n`);
    expect(error.message).toContain("multiply without end");
  });

  it("is refused when it is nested too deep for the parser", async () => {
    expect((await failure("[".repeat(50_000))).code).toBe("invalid_config");
  });

  it.each([["absent", ""], ["empty", "backends: []\n"], ["without a value", "backends:\n  # - use: x\n"]])(
    "with backends %s is no_backends, and says what can be enabled", async (_what, text) => {
      const error = await failure(head + text);
      expect(error.code).toBe("no_backends");
      for (const platform of ["aws", "gcp", "azure", "baremetal", "local"]) expect(error.message).toContain(`@bridge/backend-${platform}`);
    },
  );
});
