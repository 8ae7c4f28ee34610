import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { exitCodes } from "../src/exit-codes.ts";
import { binPath, Sandbox } from "./sandbox.ts";

const sandbox = new Sandbox();
afterAll(() => sandbox.dispose());

test("help loads the program's one file and nothing else", async () => {
  const script = `process.on("exit", () => console.error(JSON.stringify(Object.keys(require.cache)))); require(process.argv[1])`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["-e", script, binPath, "--help"]);
  expect(stdout).toContain("Usage: bridge");
  expect(JSON.parse(stderr).map((path: string) => path.split("/").slice(-2).join("/"))).toEqual(["bin/bridge.js", "dist/main.cjs"]);
});

test("help shows every exit code", async () => {
  const { stdout } = await sandbox.run(["--help"]);
  for (const [code, meaning] of Object.entries(exitCodes)) expect(stdout).toContain(`${code.padEnd(4)} ${meaning}`);
});

test.each(["init", "check", "card", "plan", "provision", "list", "terminate", "doctor", "reap", "demo"])("every command has a help: %s", async (command) => {
  const { code, stdout } = await sandbox.run([command, "--help"]);
  expect([code, stdout]).toEqual([0, expect.stringContaining(`Usage: bridge ${command}`)]);
  expect(stdout).toContain("--json");
});

test("without a command, the help goes to stderr and the exit code is 2", async () => {
  const { code, stdout, stderr } = await sandbox.run([]);
  expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining("Usage: bridge")]);
});

test("the version is the package's", async () => {
  expect((await sandbox.run(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
