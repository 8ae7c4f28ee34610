import { closeSync, existsSync, openSync } from "node:fs";
import { spawn } from "node:child_process";
import { decodeCard, verifyCard } from "@bridge/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { binPath, exampleGrant, Sandbox } from "./sandbox.ts";

const sandbox = new Sandbox();
beforeAll(async () => {
  await sandbox.run(["init"]);
  sandbox.write("grant.json", exampleGrant());
});
afterAll(() => sandbox.dispose());

const escape = "\u001b[";

test("there are no colours where nobody looks, and where NO_COLOR forbids them", async () => {
  expect((await sandbox.run(["check"])).stdout).not.toContain(escape);
  expect((await sandbox.run(["check"], { env: { FORCE_COLOR: "1" } })).stdout).toContain(escape);
  expect((await sandbox.run(["check"], { env: { NO_COLOR: "1" } })).stdout).not.toContain(escape);
});

test("a terminal gets colours, unless NO_COLOR forbids them", async ({ skip }) => {
  skip(!existsSync("/usr/bin/script"), "there is no script(1) to make a terminal with");
  const run = (env: Readonly<Record<string, string>>) => new Promise<string>((resolve) => {
    const child = spawn("/usr/bin/script", ["-qec", `'${process.execPath}' '${binPath}' check`, "/dev/null"], { cwd: sandbox.folder, env: { PATH: process.env["PATH"] ?? "", TERM: "xterm", ...env }, stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (data) => { text += String(data); });
    child.on("close", () => resolve(text));
  });
  expect(await run({})).toContain(`${escape}32m`);
  expect(await run({ NO_COLOR: "1" })).not.toContain(escape);
});

test("the card is signed, by a key that stays the same", async () => {
  const [first, second] = [decodeCard((await sandbox.run(["card"])).stdout), decodeCard((await sandbox.run(["card", "--json"])).stdout)];
  const [key] = first.card.publicKeys;
  expect(key).toBeDefined();
  expect(key).toEqual(second.card.publicKeys[0]);
  expect([verifyCard(first, key ?? { x: "" }), verifyCard(second, key ?? { x: "" })]).toEqual([true, true]);
  expect(verifyCard({ ...first, card: { ...first.card, tdxCapable: true } }, key ?? { x: "" })).toBe(false);
  expect(first.card).toMatchObject({ providerId: "provider.example", backends: [{ name: "local" }], regions: ["local"] });
});

test.each([[["--help"]], [["check"]], [["list", "--json"]], [["plan", "grant.json"]]])("%j survives a reader that has gone away", async (parameters) => {
  const running = sandbox.start(parameters);
  running.child.stdout?.destroy();
  const { code, signal, stderr } = await running.finished;
  expect([code, signal, stderr]).toEqual([0, null, ""]);
});

test("a result that cannot be written is a failure", async ({ skip }) => {
  skip(!existsSync("/dev/full"), "there is no /dev/full");
  const full = openSync("/dev/full", "w");
  const child = spawn(process.execPath, [binPath, "check"], { cwd: sandbox.folder, stdio: ["ignore", full, "pipe"] });
  let stderr = "";
  child.stderr?.on("data", (data) => { stderr += String(data); });
  const code = await new Promise((resolve) => child.on("close", resolve));
  closeSync(full);
  expect([code, stderr]).toEqual([1, expect.stringContaining("could not be written")]);
});

test("--verbose shows the log, and never the secret", async () => {
  const { stderr } = await sandbox.run(["plan", "grant.json", "--verbose"]);
  expect(stderr).toContain("fleet initialised");
  expect(stderr).not.toContain(sandbox.read("bridge.secret").trim());
});
