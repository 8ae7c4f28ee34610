import { describe, expect, test } from "vitest";
import { layoutRules } from "../src/layout/rules.ts";
import { type Manifest, type Workspace, readWorkspace } from "../src/workspace.ts";

const workspace = readWorkspace();

describe("this repository", () => {
  test.each(Object.entries(layoutRules))("%s", (_name, problemsOf) => {
    expect(problemsOf(workspace)).toEqual([]);
  });
});

const sound: Manifest = {
  name: "@bridge/core", license: "Apache-2.0", type: "module", sideEffects: false, engines: { node: ">=22.18" }, files: ["dist"],
  exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
};

function withPackage(manifest: Partial<Manifest>, sources: Readonly<Record<string, string>>): Workspace {
  const files = { "README.md": "", "src/index.ts": "", ...sources };
  return {
    topLevel: [],
    packages: [{ folder: "packages/x", manifest: { ...sound, ...manifest }, files: Object.entries(files).map(([path, text]) => ({ path, text })) }],
  };
}

const inController = (path: string, text: string): Workspace => withPackage({ name: "@bridge/controller" }, { [path]: text });

const aws = "@bridge/backend-aws";
const sdk = { "@aws-sdk/client-ec2": "1.0.0" };

describe("each rule can fail", () => {
  const cases: readonly (readonly [keyof typeof layoutRules, string, Workspace, RegExp])[] = [
    ["arrows", "a backend that imports the whole core", withPackage({ name: aws, peerDependencies: { "@bridge/core": "^1.0.0" } }, { "src/a.ts": `import { Fleet } from "@bridge/core";` }), /@bridge\/core may not be imported/],
    ["arrows", "core that imports the kit, even lazily", withPackage({ dependencies: { "@bridge/backend-kit": "workspace:^" } }, { "src/a.ts": `await import("@bridge/backend-kit");` }), /may not be imported/],
    ["arrows", "a client that imports the controller's types", withPackage({ name: "@bridge/client", dependencies: { "@bridge/controller": "workspace:^" } }, { "src/a.ts": `export type { Ledger } from "@bridge/controller";` }), /may not be imported/],
    ["arrows", "an undeclared library", withPackage({}, { "src/a.ts": `import zod from "zod";` }), /no declared dependency/],
    ["arrows", "a path into another package", withPackage({}, { "src/a.ts": `import "../../core/src/index.ts";` }), /leaves the package/],
    ["arrows", "a relative import of built code", withPackage({}, { "src/a.ts": `import "./b.js";` }), /must end in \.ts/],
    ["arrows", "a builtin without node:", withPackage({}, { "src/a.ts": `import "fs";` }), /written with node:/],
    ["sdk", "an SDK in two files", withPackage({ name: aws, dependencies: sdk }, { "src/a.ts": `await import("@aws-sdk/client-ec2");`, "src/b.ts": `import type { X } from "@aws-sdk/client-ec2";` }), /must be one file/],
    ["sdk", "an SDK loaded at import", withPackage({ name: aws, dependencies: sdk }, { "src/a.ts": `import { X } from "@aws-sdk/client-ec2";` }), /lazily/],
    ["core purity", "a second dependency", withPackage({ dependencies: { zod: "4.0.0" } }, {}), /only dependency/],
    ["core purity", "yaml beside the boot config", withPackage({ dependencies: { yaml: "2.0.0" } }, { "src/a.ts": `import "yaml";` }), /outside of src\/boot/],
    ["core purity", "the environment", withPackage({}, { "src/a.ts": `export const x = process.env["X"];` }), /process\.env/],
    ["core purity", "the console", withPackage({}, { "src/a.ts": `console.log(1);` }), /console/],
    ["core purity", "a timer of its own", withPackage({}, { "src/a.ts": `setInterval(() => {}, 1);` }), /setInterval/],
    ["core purity", "a request", withPackage({}, { "src/a.ts": `await fetch("x");` }), /fetch/],
    ["core purity", "the file system", withPackage({}, { "src/a.ts": `import "node:fs";` }), /node:fs/],
    ["core purity", "a backend's name in code", withPackage({}, { "src/a.ts": `/** As in AWS. */\nexport const x = "aws";` }), /names a backend: aws/],
    ["core purity", "a backend's name in an identifier", withPackage({}, { "src/a.ts": `export const gcpZone = 1;` }), /names a backend: gcp/],
    ["core purity", "a backend's name in a template", withPackage({}, { "src/a.ts": "export const x = (y: string) => `azure-${y}`;" }), /names a backend: azure/],
    ["side effects", "a machine that is ended outside of an effect", inController("src/a.ts", `await work.fleet.terminate(ref);`), /a\.ts:1: calls terminate outside/],
    ["side effects", "a call beside an effect", inController("src/a.ts", `\nawait work.sideEffects.effect("list", (signal) => work.fleet.list({ signal }), { signal: AbortSignal.any([await fleet.choose(grant)]) });`), /^[^\n]*a\.ts:2: calls choose outside[^\n]*$/],
    ["side effects", "an effect that is none", inController("src/a.ts", `cause.effect(() => fleet.list());`), /calls list outside/],
    ["side effects", "a member that is taken out first", inController("src/a.ts", `const { watchUntilExit: watch } = work.fleet;`), /calls watchUntilExit outside/],
    ["side effects", "a step that passes by its kill points", inController("src/a.ts", `await work.ledger.commit(step);`), /uses ledger\.commit; only src\/side-effects\.ts may/],
    ["side effects", "a timer beside the clock", inController("src/a.ts", `setTimeout(() => {}, 1);`), /uses setTimeout; only src\/clock\.ts may/],
    ["side effects", "a timer in the clock that repeats itself", inController("src/clock.ts", `globalThis.setInterval(() => {}, 1);`), /uses setInterval; nothing here may/],
    ["side effects", "a file", inController("src/a.ts", `import { readFile } from "node:fs/promises";`), /uses node:fs\/promises/],
    ["side effects", "a request", inController("src/a.ts", `await fetch("x");`), /uses fetch/],
    ["casts", "a cast without a reason", withPackage({}, { "src/a.ts": `export const x = 1 as unknown;` }), /a\.ts:1: a cast/],
    ["top level", "a folder that does not belong", { topLevel: ["scripts"], packages: [] }, /scripts may not stand/],
    ["sizes", "a long file", withPackage({}, { "src/a.ts": "//\n".repeat(301), "src/b.ts": "" }), /301 lines/],
    ["sizes", "files that are all rather long", withPackage({}, { "src/a.ts": "//\n".repeat(90), "src/b.ts": "//\n".repeat(90) }), /median source has 90/],
    ["names", "camel case", withPackage({}, { "src/someFile.ts": "" }), /not kebab-case/],
    ["names", "a drawer for everything", withPackage({}, { "src/utils.ts": "", "test/helpers/a.ts": "" }), /says nothing/],
    ["manifests", "no licence", withPackage({ license: "MIT" }, {}), /license/],
    ["manifests", "another Node", withPackage({ engines: { node: ">=20" } }, {}), /engines/],
    ["manifests", "side effects", withPackage({ sideEffects: true }, {}), /sideEffects/],
    ["manifests", "an entry without types", withPackage({ exports: { ".": { default: "./dist/index.js" } } }, {}), /types/],
    ["manifests", "a range of versions", withPackage({ dependencies: { yaml: "^2.0.0" } }, {}), /exact/],
    ["doc comments", "a bare function", withPackage({}, { "src/index.ts": `export function f() {}` }), /f has no doc comment/],
    ["doc comments", "a bare type behind two re-exports", withPackage({}, { "src/index.ts": `export type { A } from "./a.ts";`, "src/a.ts": `export type { B as A } from "./b.ts";`, "src/b.ts": `// plain\nexport interface B {}` }), /A has no doc comment/],
    ["doc comments", "a star", withPackage({}, { "src/index.ts": `export * from "./a.ts";` }), /\* from/],
  ];
  test.each(cases)("%s: %s", (rule, _what, bad, message) => {
    expect(layoutRules[rule](bad).join("\n")).toMatch(message);
  });

  test("cloud files: another file name", () => {
    const unit = (name: string, file: string) => withPackage({ name }, { [file]: "" }).packages;
    const bad = { topLevel: [], packages: [...unit(aws, "src/client.ts"), ...unit("@bridge/backend-gcp", "src/api.ts")] };
    expect(layoutRules["cloud files"](bad).join("\n")).toMatch(/src\/api\.ts/);
  });
});

test("a controller that uses its doors has no problem", () => {
  const call = `await work.sideEffects.effect("terminate", (signal) => work.fleet.terminate(ref, { signal }), bounds);`;
  const good = withPackage({ name: "@bridge/controller" }, {
    "src/a.ts": `import type { DatabaseSync } from "node:sqlite";\nawait work.sideEffects.commit(step);\n${call}\nconst names = work.fleet.backends.map(({ name }) => name);`,
    "src/side-effects.ts": `await this.#ledger.commit(step);`, "src/clock.ts": `setTimeout(() => {}, 1);`, "src/ledger/sqlite/open-ledger.ts": `import { existsSync } from "node:fs";`,
  });
  expect(layoutRules["side effects"](good)).toEqual([]);
});

test("a sound package has no problem", () => {
  const index = `/** Doubles. */\nexport const f = 1;\nexport type { T } from "./t.ts";`;
  const good = withPackage({ dependencies: { yaml: "2.9.1" } }, { "src/index.ts": index, "src/t.ts": "/** AWS calls it so. */\nexport type T = 1;\n// Read by the check above.\nconst t = 1 as T;\nconst u = [1] as const;", "src/boot/parse.ts": `import { parse } from "yaml";` });
  const rules = Object.entries(layoutRules).filter(([name]) => name !== "top level");
  expect(rules.flatMap(([, problemsOf]) => problemsOf(good))).toEqual([]);
});
