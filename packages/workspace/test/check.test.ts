import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkParts } from "../src/check/parts.ts";
import { runCommand } from "../src/run-command.ts";
import { root } from "../src/workspace.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bridge-lint-"));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: { strict: true, target: "es2023", lib: ["es2023"], types: [] }, include: ["."] }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const refused = {
  "no-explicit-any": "export const f = (x: any): unknown => x;",
  "no-floating-promises": "export function f(): void { Promise.resolve(1); }",
  "no-misused-promises": "export const f = async (): Promise<number> => { if (Promise.resolve(true)) return 1; return 2; };",
  "no-array-for-each": "export const f = (list: number[]): void => list.forEach(async (x) => { await Promise.resolve(x); });",
  "no-non-null-assertion": "export const f = (x: string | undefined): string => x!;",
  "no-unsafe-return": "export const f = (x: string): string => JSON.parse(x);",
  "consistent-type-imports": `import { X } from "./x.js"; export const f = (x: X): X => x;`,
  "only-throw-error": `export function f(): never { throw "x"; }`,
  "no-unused-vars": "const x = 1; export {}; ",
} as const;

test.each(Object.entries(refused))("the lint refuses %s", async (rule, source) => {
  writeFileSync(join(folder, "a.ts"), source);
  writeFileSync(join(folder, "x.ts"), "export interface X { readonly a: 1 }");
  const { code, output } = await runCommand("oxlint", ["--type-aware", "--deny-warnings", "-c", join(root, "packages/workspace/oxlintrc.json"), "a.ts"], { folder });
  expect(output).toContain(rule);
  expect(code).toBe(1);
});

test("a package whose types nobody checks is a problem", async () => {
  const types = checkParts.find(({ name }) => name === "types");
  const problems = await types?.problems({ topLevel: [], packages: [{ folder: "packages/none", manifest: { name: "none" }, files: [] }] });
  expect(problems).toEqual([expect.stringContaining("nothing checks the types of packages/none")]);
});

test("a source that the types do not cover is a problem", async () => {
  const types = checkParts.find(({ name }) => name === "types");
  const problems = await types?.problems({ topLevel: [], packages: [{ folder: "packages/workspace", manifest: { name: "workspace" }, files: [{ path: "elsewhere/a.ts", text: "" }] }] });
  expect(problems).toEqual([expect.stringContaining("elsewhere/a.ts is not covered")]);
});
