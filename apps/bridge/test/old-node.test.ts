import { execFile } from "node:child_process";
import { expect, test } from "vitest";
import { binPath } from "./sandbox.ts";

/** Runs the bin in a Node that says it is of another version. */
const runAs = (version: string, ...parameters: readonly string[]) => new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
  const script = `Object.defineProperty(process, "version", { value: ${JSON.stringify(version)} }); require(process.argv[1])`;
  execFile(process.execPath, ["-e", script, binPath, ...parameters], (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
});

test.each(["v4.9.1", "v18.20.8", "v20.20.2", "v22.17.1"])("Node %s is told in one line what is needed, and the exit code is 2", async (version) => {
  const { code, stdout, stderr } = await runAs(version, "--help");
  expect(stderr).toMatch(new RegExp(`^bridge needs Node\\.js 22\\.18 or newer; this is Node\\.js ${version.slice(1)} \\(.*\\)\n$`));
  expect([code, stdout]).toEqual([2, ""]);
});

test.each(["v22.18.0", "v24.0.0", "v100.0.0"])("Node %s will do", async (version) => {
  const { code, stdout } = await runAs(version, "--help");
  expect([code, stdout]).toEqual([0, expect.stringContaining("Usage: bridge")]);
});
