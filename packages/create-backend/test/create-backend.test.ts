import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineBackend } from "@bridge/core/backend";
import { optionsSchema } from "../template/src/options.ts";
import plugin from "../template/src/plugin.ts";
import fastPlugin from "../template/test/fast-plugin.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { backendNames } from "../src/backend-names.ts";
import { createBackend } from "../src/index.ts";
import { repositoryPath } from "./fixtures/linked-project.ts";
import { runProgram } from "./fixtures/run-program.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bridge-create-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const filesIn = (path: string) => readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1));

describe("names", () => {
  test.each([
    ["acme", "bridge-backend-acme", "acme", "bridge-backend-acme"],
    ["bridge-backend-acme", "bridge-backend-acme", "acme", "bridge-backend-acme"],
    ["@me/acme", "@me/acme", "acme", "acme"],
    ["@me/bridge-backend-acme", "@me/bridge-backend-acme", "acme", "bridge-backend-acme"],
  ])("%s makes %s for %s in %s", (given, packageName, platform, inFolder) => {
    expect(backendNames(given)).toMatchObject({ packageName, platform, folder: inFolder });
  });

  test("what is made of a name is legal in code and environment", () => {
    expect(backendNames("my-cloud-9")).toMatchObject({ pascal: "MyCloud9", upper: "MY_CLOUD_9" });
  });

  test.each(["", "Acme", "9cloud", "a/b", "../x", "acme-", "-acme", "a".repeat(33), "@me", "@me/", "@Me/acme", "@/acme", "@me/../x", "acme\n", "a b", "node_modules"])("%j is refused", (given) => {
    expect(() => backendNames(given)).toThrowError(expect.objectContaining({ code: "invalid_option" }));
  });

  test.each(["a", "acme", "my-cloud-9", "a".repeat(32)])("%s is also a name that a plugin may have", (given) => {
    const facts = { idempotency: "name", settleSeconds: 0, createTimeoutSeconds: 1, readyTimeoutSeconds: 1, exitCode: "never", deadline: "guest" } as const;
    expect(() => defineBackend({ contract: 1, name: backendNames(given).platform, optionsSchema, facts, create: () => expect.fail() })).not.toThrow();
  });
});

describe("a generated package", () => {
  test("has the files of the template, with the names that npm would not pack", () => {
    const { path } = createBackend("acme", folder);
    const files = filesIn(path);
    expect(files).toEqual(expect.arrayContaining([".gitignore", ".oxlintrc.json", ".github/workflows/ci.yml", "LICENSE", "README.md", "package.json", "live/subject.ts", "src/api.ts", "src/plugin.ts", "test/conformance.test.ts", "test/fast-plugin.ts", "test-platform/server.ts"]));
    expect(files.filter((file) => file.startsWith("_") || file.includes("node_modules"))).toEqual([]);
  });

  test("knows nothing of the template's name", () => {
    const { path } = createBackend("@me/my-cloud", folder);
    for (const file of filesIn(path)) expect(readFileSync(join(path, file), "utf8"), file).not.toMatch(/acme/i);
    expect(readFileSync(join(path, "src/plugin.ts"), "utf8")).toContain("createMyCloud(options: MyCloudOptions");
    expect(readFileSync(join(path, "README.md"), "utf8")).toMatch(/^# @me\/my-cloud$/m);
  });

  test("is found by its keyword, asks for core as a peer, and for exact versions of others", () => {
    const { path } = createBackend("acme", folder);
    const manifest = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
    expect(manifest).toMatchObject({ name: "bridge-backend-acme", keywords: ["bridge-backend"], peerDependencies: { "@bridge/core": "^1.0.0" }, publishConfig: { provenance: true } });
    const ranges = Object.entries<string>({ ...manifest.dependencies, ...manifest.devDependencies });
    for (const [name, range] of ranges) expect(range, name).toMatch(name.startsWith("@bridge/") ? /^\^\d+\.\d+\.\d+$/ : /^\d+\.\d+\.\d+$/);
  });

  test("publishes numbers with room for a real cloud; those of the test platform are in its tests only", () => {
    expect(plugin.facts.settleSeconds).toBeGreaterThanOrEqual(5);
    expect(plugin.facts.createTimeoutSeconds).toBeGreaterThanOrEqual(30);
    expect(fastPlugin.facts).toMatchObject({ ...plugin.facts, settleSeconds: 0.5, createTimeoutSeconds: 2, readyTimeoutSeconds: 20 });
  });

  test("installs on its CI without the lock file that it does not have", () => {
    const workflow = readFileSync(join(createBackend("acme", folder).path, ".github/workflows/ci.yml"), "utf8");
    expect(workflow.match(/run: npm install/g)).toHaveLength(2);
    expect(workflow).not.toMatch(/run: npm ci|cache:/);
  });

  test("names its licence, holds the text, and marks in its README what only the author can say", () => {
    const { path } = createBackend("acme", folder);
    expect(JSON.parse(readFileSync(join(path, "package.json"), "utf8")).license).toBe("Apache-2.0");
    expect(readFileSync(join(path, "LICENSE"), "utf8")).toBe(readFileSync(repositoryPath("LICENSE"), "utf8"));
    expect(readFileSync(join(path, "README.md"), "utf8").match(/<!-- CHANGE: /g)?.length).toBeGreaterThan(3);
  });

  test("may go into an empty folder, never into one that holds something", () => {
    mkdirSync(join(folder, "bridge-backend-acme"));
    const { path } = createBackend("acme", folder);
    writeFileSync(join(path, "README.md"), "mine");
    expect(() => createBackend("acme", folder)).toThrowError(expect.objectContaining({ code: "invalid_option", message: expect.stringContaining("exists and is not empty") }));
    expect(readFileSync(join(path, "README.md"), "utf8")).toBe("mine");
  });

  test("may not take the place of a file", () => {
    writeFileSync(join(folder, "bridge-backend-acme"), "");
    expect(() => createBackend("acme", folder)).toThrowError(expect.objectContaining({ code: "invalid_option" }));
  });
});

describe("the command", () => {
  const main = new URL("../src/main.ts", import.meta.url).pathname;
  const run = (...words: readonly string[]) => runProgram(process.execPath, [main, ...words], { folder });

  test("makes the package in the current folder and says what to do next", async () => {
    const { code, output } = await run("acme");
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining("cd bridge-backend-acme\n  npm install\n  npm test") });
    expect(readdirSync(folder)).toEqual(["bridge-backend-acme"]);
  });

  test.each([["a bad name", ["Acme"]], ["no name", []], ["two names", ["a", "b"]], ["an unknown flag", ["acme", "--force"]]])("ends with 2 and one line for %s", async (_what, words) => {
    const { code, output } = await run(...words);
    expect(code).toBe(2);
    expect(output.trim().split("\n").filter((line) => line.startsWith("error: "))).toHaveLength(1);
    expect(output).not.toContain("    at ");
    expect(readdirSync(folder)).toEqual([]);
  });
});
