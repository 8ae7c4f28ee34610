import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LinkedProject, linkedProject, programPath, repositoryPath } from "./fixtures/linked-project.ts";
import { runProgram } from "./fixtures/run-program.ts";

/** Minutes; a run of the kit waits much and works little. */
const conformanceTimeout = 900_000;

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

  test("passes conformance, every case of it", { timeout: conformanceTimeout }, async () => {
    const { code, output } = await run("vitest", ["run", "--root", "."], conformanceTimeout / 1000);
    expect(output).toMatch(/my-cloud: \d{2,} passed, 0 failed, 0 different/);
    expect(code, output).toBe(0);
  });
});

describe("the example of one file", () => {
  beforeAll(() => {
    copyFileSync(repositoryPath("examples/backend-minimal/backend.ts"), join(project.path, "backend.ts"));
    const subject = readFileSync(join(project.path, "test/subject.ts"), "utf8");
    writeFileSync(join(project.path, "minimal-subject.ts"), subject.replaceAll("../src/index.ts", "./backend.ts").replaceAll("../test-platform/", "./test-platform/"));
    writeFileSync(join(project.path, "tsconfig.minimal.json"), JSON.stringify({ extends: "./tsconfig.json", include: ["backend.ts", "minimal-subject.ts"] }));
  });

  test("imports the contract and the kit, nothing else", () => {
    const text = readFileSync(join(project.path, "backend.ts"), "utf8");
    const imported = [...text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map(([, specifier]) => specifier);
    expect(imported.filter((specifier) => specifier?.startsWith("node:") === false)).toEqual(["@bridge/core/backend", "@bridge/backend-kit"]);
  });

  test("has right types, unbuilt", async () => {
    expect(await run("tsc", ["-p", "tsconfig.minimal.json"])).toEqual(silent);
  });

  test("passes conformance, every case of it", { timeout: conformanceTimeout }, async () => {
    const { code, output } = await run("bridge-conformance", ["./minimal-subject.ts"], conformanceTimeout / 1000);
    expect(output).toMatch(/acme: \d{2,} passed, 0 failed, 0 different/);
    expect(code, output).toBe(0);
  });
});
