import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LinkedProject, linkedProject, programPath } from "./fixtures/linked-project.ts";
import { addMinimalExample } from "./fixtures/minimal-example.ts";
import { runProgram } from "./fixtures/run-program.ts";

/** A part of the kit here, in about half a minute each; `npm run prove author-hour` runs all of it. */
const sampledRules = ["rule 1:", "rule 7:"];
const conformanceTimeout = 300_000;

const silent = { code: 0, output: "" };

let project: LinkedProject;
beforeAll(() => {
  project = linkedProject("my-cloud");
});
afterAll(() => project.remove());

const run = (program: string, parameters: readonly string[], timeoutSeconds = 60) => runProgram(programPath(program), parameters, { folder: project.path, timeoutSeconds });

describe.concurrent("a package as it was generated, outside of the workspace", () => {
  test("passes its own lint", async () => {
    expect(await run("oxlint", ["--deny-warnings"])).toEqual({ code: 0, output: expect.stringContaining("0 errors") });
  });

  test("passes its own types and builds", async () => {
    expect(await run("tsc", [])).toEqual(silent);
    expect(await run("tsc", ["-p", "tsconfig.build.json"])).toEqual(silent);
    const built = await runProgram(process.execPath, ["--input-type=module", "-e", "console.log(Object.keys(await import('./dist/index.js')).join())"], { folder: project.path });
    expect(built).toEqual({ code: 0, output: "createMyCloud,default\n" });
  });

  test("passes conformance by its own test script, in a sample", { timeout: conformanceTimeout }, async () => {
    const { code, output } = await run("vitest", ["run", "--root", ".", "-t", sampledRules.join("|")], conformanceTimeout / 1000);
    expect(output).toMatch(/my-cloud: \d{2,} passed, 0 failed, 0 different/);
    expect(code, output).toBe(0);
  });
});

describe("the example of one file", () => {
  beforeAll(() => {
    addMinimalExample(project.path);
    writeFileSync(join(project.path, "tsconfig.minimal.json"), JSON.stringify({ extends: "./tsconfig.json", include: ["backend.ts", "test/minimal-subject.ts"] }));
  });

  test("imports the contract and the kit, nothing else", () => {
    const text = readFileSync(join(project.path, "backend.ts"), "utf8");
    const imported = [...text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map(([, specifier]) => specifier);
    expect(imported.filter((specifier) => specifier?.startsWith("node:") === false)).toEqual(["@bridge/core/backend", "@bridge/backend-kit"]);
  });

  test("has right types, unbuilt", async () => {
    expect(await run("tsc", ["-p", "tsconfig.minimal.json"])).toEqual(silent);
  });

  test("passes conformance by the command, in a sample", { timeout: conformanceTimeout }, async () => {
    const { code, output } = await run("bridge-conformance", ["./test/minimal-subject.ts", "--only", ...sampledRules], conformanceTimeout / 1000);
    expect(output).toMatch(/acme: \d{2,} passed, 0 failed, 0 different/);
    expect(code, output).toBe(0);
  });
});
