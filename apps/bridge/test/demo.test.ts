import { mkdirSync, symlinkSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exampleGrant, Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(() => { sandbox = new Sandbox(); });
afterEach(() => sandbox.dispose());

/** Processes whose command line or environment names the sandbox: the program, and all that came from it. */
function processesOf({ folder }: Sandbox): readonly string[] {
  return execFileSync("ps", ["axeww", "-o", "pid=,args="], { encoding: "utf8", maxBuffer: 1e8 }).split("\n").filter((line) => line.includes(folder));
}

test("the demo shows the whole life of a grant and leaves nothing", async () => {
  const { code, stdout } = await sandbox.run(["demo"]);
  for (const said of [
    /1\. local in local/, /^ {2}ssh -i .*StrictHostKeyChecking=yes/m, /hello from the workload of this grant/, /verified; a command inside printed/, /wall +[\d.]+ s \(measured\)/,
    /exited with code 0/, /^nothing left/m, /^ {2}all +[\d.]+ s$/m,
  ]) expect(stdout).toMatch(said);
  expect(code).toBe(0);
  expect([sandbox.leftovers, processesOf(sandbox)]).toEqual([[], []]);
});

test("the demo without an OpenSSH client uses ssh2, with the same host key check", async () => {
  const tools = join(sandbox.folder, "tools");
  mkdirSync(tools);
  for (const tool of ["sh", "sleep", "cat", "touch", "uname", "ps"]) symlinkSync(execFileSync("/bin/sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).trim(), join(tools, tool));
  const { code, stdout, stderr } = await sandbox.run(["demo", "--json"], { env: { PATH: tools } });
  expect([code, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout)).toMatchObject({ nothingLeft: true, ssh: { client: "ssh2", output: expect.stringContaining("hello from the workload") }, usage: { exit: { reason: "exited", code: 0 } } });
  expect(stdout).not.toContain("PRIVATE KEY");
});

test("the demo never makes a lease longer than the grant", async () => {
  const validTo = Math.floor(Date.now() / 1000) + 30;
  sandbox.write("grant.json", exampleGrant({ validTo }));
  const { stdout } = await sandbox.run(["demo", "--json", "--grant", "grant.json"]);
  expect(JSON.parse(stdout)).toMatchObject({ grant: { validTo, issuer: "issuer.example" } });
});

test("a grant that this machine cannot serve ends the demo with 3", async () => {
  sandbox.write("grant.json", exampleGrant({}, { regions: ["mars-1"] }));
  const { code, stderr } = await sandbox.run(["demo", "--grant", "grant.json"]);
  expect([code, stderr]).toEqual([3, expect.stringContaining("mars-1")]);
  expect(sandbox.leftovers).toEqual([]);
});

test.each(["booting on", "connect", "ready on"])("Ctrl-C in the demo at %s leaves nothing", async (printed) => {
  const running = sandbox.start(["demo"]);
  await running.until(printed);
  expect(processesOf(sandbox).length).toBeGreaterThan(1);
  running.child.kill("SIGINT");
  const { code } = await running.finished;
  // It may have been through with the interruptible part.
  expect([0, 130]).toContain(code);
  expect([sandbox.leftovers, processesOf(sandbox)]).toEqual([[], []]);
});
