import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { exitCodes } from "../src/exit-codes.ts";
import { Sandbox } from "./sandbox.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test("the README's exit codes are the program's", () => {
  const documented = [...readme.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, code, meaning]) => [code, meaning]);
  expect(documented).toEqual(Object.entries(exitCodes));
});

test.each(["init", "check", "card", "plan", "provision", "list", "terminate", "demo"])("the README names every option of %s", async (command) => {
  const { stdout } = await new Sandbox().run([command, "--help"]);
  const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, option]) => option);
  expect(options).toContain("--json");
  for (const option of options) if (option !== "--help") expect(readme).toContain(option);
});
