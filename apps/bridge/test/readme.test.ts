import { readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { exitCodes } from "../src/exit-codes.ts";
import { binPath, Sandbox } from "./sandbox.ts";

const sandbox = new Sandbox();
afterAll(() => sandbox.dispose());

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test("the README's exit codes are the program's", () => {
  const documented = [...readme.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, code, meaning]) => [code, meaning]);
  expect(documented).toEqual(Object.entries(exitCodes));
});

test.each(["init", "check", "card", "plan", "provision", "list", "terminate", "doctor", "reap", "demo"])("the README names every option of %s", async (command) => {
  const { stdout } = await sandbox.run([command, "--help"]);
  const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, option]) => option);
  expect(options).toContain("--json");
  for (const option of options) if (option !== "--help") expect(readme).toContain(option);
});

test("the README's shell example runs", () => {
  const [, example = ""] = /^```sh\n(.*?)^```$/ms.exec(readme) ?? [];
  expect(example).toContain("bridge provision");
  const script = `set -eu\nbridge() { '${process.execPath}' '${binPath}' "$@"; }\n${example}`;
  const printed = execFileSync("/bin/sh", ["-c", script], { cwd: sandbox.folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], env: { PATH: process.env["PATH"] ?? "", XDG_STATE_HOME: sandbox.state, TMPDIR: join(sandbox.folder, "tmp") } });
  for (const said of ["wrote bridge.yaml", "fine: bridge.yaml", "1. local in local", "ssh -i", "exited with code 0", "nothing: this owner has no instances"]) expect(printed).toContain(said);
});
