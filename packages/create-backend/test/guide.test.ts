import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { repositoryPath } from "./fixtures/linked-project.ts";

const read = (path: string) => readFileSync(repositoryPath(path), "utf8");
const guide = read("docs/writing-a-backend.md");
const section = (title: string) => guide.split(/^## /m).find((part) => part.startsWith(title)) ?? "";

/** Names of the members that an interface declares at its top level. */
function membersOf(path: string, name: string): readonly string[] {
  const [, body = ""] = new RegExp(`export interface ${name}\\b[^{]*\\{\\n(.*?)\\n\\}`, "s").exec(read(path)) ?? [];
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(<]/gm)].map(([, member = ""]) => member);
}

describe("the author's guide", () => {
  test("shows the whole example, as it is, in its order", () => {
    const shown = [...section("The example, line by line").matchAll(/```ts\n(.*?)\n```/gs)].map(([, code]) => code).join("\n");
    const lines = (text: string) => text.split("\n").filter((line) => line.trim() !== "");
    expect(lines(shown)).toEqual(lines(read("examples/backend-minimal/backend.ts")));
  });

  test("has each rule with what goes wrong without it", () => {
    const rules = [...section("The rules").matchAll(/^\| (\d+)\. (.+) \| (.+) \| (.+) \|$/gm)].map(([, number]) => Number(number));
    expect(rules).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test.each([
    ["what an author writes", "packages/backend-kit/src/platform.ts", "MachinePlatform"],
    ["every fact", "packages/core/src/backend/v1.ts", "BackendFacts"],
    ["what the suite may see and do", "packages/conformance/src/controls.ts", "Controls"],
    ["what a subject must have", "packages/conformance/src/subject.ts", "Subject"],
  ])("names %s", (_what, path, name) => {
    const members = membersOf(path, name).filter((member) => !["differences", "workload", "deadlineSlackSeconds"].includes(member));
    expect(members.length).toBeGreaterThan(5);
    expect(members.filter((member) => !new RegExp(`\`${member}\\b|\\b${member}\`|, ${member}\``).test(guide))).toEqual([]);
  });

  test("shows the live subject that is generated", () => {
    const shown = /```ts\n\/\/ live\/subject\.ts\n(.*?)```/s.exec(guide)?.[1] ?? "";
    expect(shown).toBe(read("packages/create-backend/template/live/subject.ts").replaceAll(/^\/\*\*.*\*\/\n/gm, ""));
  });

  test("links to files and sections that are there", () => {
    for (const [, path = ""] of guide.matchAll(/\]\((\.\.\/[^)#]+)\)/g)) expect(read(path.replace("../", "")), path).not.toBe("");
    const anchors = [...guide.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => title.toLowerCase().replaceAll(/[^a-z0-9 -]/g, "").replaceAll(" ", "-"));
    for (const [, anchor] of guide.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
  });

  test("sends no reader to what he does not have: only its own example, packages and platforms' pages", () => {
    expect([...guide.matchAll(/\b(design\.md|style\.md|seed\/|\/work\/)/g)]).toEqual([]);
  });
});
