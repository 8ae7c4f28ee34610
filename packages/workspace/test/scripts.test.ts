import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { aboutOf, readScripts } from "../src/scripts/scripts.ts";
import { root } from "../src/workspace.ts";

describe("a script, such as a proof,", () => {
  test("says what it is about in the doc comment with which it begins", () => {
    expect(aboutOf("a.ts", "/**\n * Nothing is left.\n * More.\n */\nimport './x.ts';")).toBe("Nothing is left.");
  });

  test("is told from a part of other scripts, which begins otherwise", () => {
    expect(aboutOf("a.ts", "// A part.\n/** Doubles. */\nexport const f = 1;")).toBeUndefined();
  });

  test("exports nothing: run by itself, a module would do nothing and look well", () => {
    expect(aboutOf("a.ts", "/** Nothing is left. */\nexport default async () => false;")).toBeUndefined();
  });
});

describe("docs/guarantees.md", () => {
  const commands = [...readFileSync(join(root, "docs/guarantees.md"), "utf8").matchAll(/^\|.*\| `npm run prove ([a-z0-9-]+)` \|/gm)].map(([, name]) => name);
  const names = readScripts("prove").map(({ name }) => name);

  test("names every proof", () => {
    expect(names.filter((name) => !commands.includes(name))).toEqual([]);
  });

  test("names no proof that does not exist", () => {
    expect(commands.filter((name) => !names.includes(name ?? ""))).toEqual([]);
  });
});
