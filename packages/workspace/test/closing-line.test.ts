import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCommand } from "../src/run-command.ts";
import { root } from "../src/workspace.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bridge-closing-line-"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  mkdirSync(join(folder, "packages/a/test"), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs one test file with the project's own configuration, as `npm test` does; the last line is what CI counts. */
async function run(source: string | undefined, { ci = "", countsFile }: { readonly ci?: string; readonly countsFile?: string } = {}) {
  if (source !== undefined) writeFileSync(join(folder, "packages/a/test/a.test.ts"), `import { beforeAll, describe, expect, test } from "vitest";\n${source}`);
  const environment = { CI: ci, ...(countsFile === undefined ? {} : { BRIDGE_COUNTS_FILE: countsFile }) };
  // Without a counts file of its own the run would count into that of the run that this test belongs to.
  const settings = countsFile === undefined ? ["-u", "BRIDGE_COUNTS_FILE"] : [];
  const { code, output } = await runCommand("env", [...settings, process.execPath, join(root, "node_modules/vitest/vitest.mjs"), "run", "--config", join(root, "packages/workspace/vitest.config.ts"), "--root", folder], { folder, environment });
  return { code, output, last: output.trimEnd().split("\n").at(-1) };
}

test("the last line counts what passed", async () => {
  expect(await run(`test("a", () => {}); test("b", () => {});`)).toMatchObject({ code: 0, last: "2 passed, 0 failed" });
});

test("a failing test fails the run", async () => {
  expect(await run(`test("a", () => {}); test("b", () => { expect(1).toBe(2); });`)).toMatchObject({ code: 1, last: "1 passed, 1 failed" });
});

test("a file that cannot be loaded is a failure", async () => {
  expect(await run(`throw new Error("broken");`)).toMatchObject({ code: 1, last: "0 passed, 1 failed" });
});

test("an error outside of any test is a failure", async () => {
  expect(await run(`test("a", async () => { setTimeout(() => { throw new Error("late"); }, 0); await new Promise((r) => setTimeout(r, 50)); });`)).toMatchObject({ code: 1, last: "1 passed, 1 failed" });
});

test("a run without any test is a failure", async () => {
  expect(await run(undefined)).toMatchObject({ code: 1, last: "0 passed, 1 failed" });
});

test("a skip prints its reason and is counted", async () => {
  const { code, output, last } = await run(`test("a", () => {}); test("b", ({ skip }) => skip("needs an OpenSSH client"));`);
  expect({ code, last }).toEqual({ code: 0, last: "1 passed, 0 failed, 1 skipped" });
  expect(output).toContain("skipped: b: needs an OpenSSH client");
});

test("a skip without a reason is a failure", async () => {
  expect(await run(`test("a", () => {}); test.skip("b", () => {});`)).toMatchObject({ code: 1, last: "1 passed, 1 failed" });
});

test("on CI a skip of what CI can run is a failure, and one of what it cannot have is not", async () => {
  const { code, last } = await run(`test("a", () => {}); test.skip("b (needs an OpenSSH client)", () => {}); test.skip("c (needs cloud credentials)", () => {});`, { ci: "true" });
  expect({ code, last }).toEqual({ code: 1, last: "1 passed, 1 failed, 1 skipped" });
});

test("counts go to a file when somebody else prints the closing line", async () => {
  const countsFile = join(folder, "counts");
  const { output } = await run(`test("a", () => {});`, { countsFile });
  expect(readFileSync(countsFile, "utf8")).toBe("1 0 0\n");
  expect(output).not.toMatch(/\d+ passed, \d+ failed/);
});
