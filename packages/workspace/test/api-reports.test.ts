import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { apiReportProblems, updateApiReports } from "../src/check/api-reports.ts";
import { readWorkspace, root } from "../src/workspace.ts";

const workspace = readWorkspace();
// One package of one entry: the same for all, in a second.
const kit = { ...workspace, packages: workspace.packages.filter(({ folder }) => folder === "packages/backend-kit") };

function reportsOfKit(): { readonly folder: string; readonly report: string } {
  const folder = mkdtempSync(join(tmpdir(), "bridge-reports-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const report = join(folder, "backend-kit.api.md");
  copyFileSync(join(root, "docs/api/backend-kit.api.md"), report);
  return { folder, report };
}

test("a public surface that its report tells is no problem", async () => {
  expect(await apiReportProblems(kit, reportsOfKit().folder)).toEqual([]);
});

test("a change of the public surface is a problem that shows it and says which command updates the report", async () => {
  const { folder, report } = reportsOfKit();
  const before = readFileSync(report, "utf8");
  const changed = before.replace("export function renderUserData(", "export function renderAll(");
  expect(changed).not.toBe(before);
  writeFileSync(report, changed);
  const [problem, ...more] = await apiReportProblems(kit, folder);
  expect(problem).toMatch(/backend-kit\.api\.md is not what the package exports.*: npm run check -- --update-api\n.*- export function renderAll\(.*\n.*\+ export function renderUserData\(/);
  expect(more).toEqual([]);
});

test("a report that nothing belongs to any more is a problem, and one that is missing", async () => {
  const { folder, report } = reportsOfKit();
  appendFileSync(join(folder, "gone.api.md"), "");
  rmSync(report);
  expect(await apiReportProblems(kit, folder)).toEqual([
    expect.stringContaining("backend-kit.api.md is not what the package exports"), expect.stringContaining("gone.api.md reports on no entry"),
  ]);
});

test("the update writes what is missing and removes what nothing belongs to", async () => {
  const { folder, report } = reportsOfKit();
  const before = readFileSync(report, "utf8");
  appendFileSync(join(folder, "gone.api.md"), "");
  rmSync(report);
  await updateApiReports(kit, folder);
  expect(readdirSync(folder)).toEqual(["backend-kit.api.md"]);
  expect(readFileSync(report, "utf8")).toBe(before);
});
