import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exampleGrant, Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = new Sandbox();
  await sandbox.run(["init"]);
  sandbox.write("grant.json", exampleGrant());
});
afterEach(() => sandbox.dispose());

const start = () => sandbox.start(["provision", "grant.json", "--valid-for-seconds", "60", "--", "sleep", "60"]);

async function expectNothingLeft(): Promise<void> {
  expect(await sandbox.json("list")).toMatchObject({ complete: true, instances: [] });
  expect(sandbox.leftovers).toEqual([]);
}

describe.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s", (signal) => {
  test.each([["before the create", "adopting on"], ["while it boots", "booting on"], ["while it is watched", "To get in"]])("%s leaves nothing behind and ends with 130", async (_when, printed) => {
    const running = start();
    await running.until(printed);
    running.child.kill(signal);
    const { code, stderr } = await running.finished;
    expect(stderr).toContain("interrupted; nothing is left");
    expect(code).toBe(130);
    await expectNothingLeft();
  });
});

test("the same Ctrl-C arriving twice is one", async () => {
  const running = start();
  await running.until("To get in");
  running.child.kill("SIGINT");
  await new Promise((resolve) => setTimeout(resolve, 50));
  running.child.kill("SIGINT");
  const { code, stderr } = await running.finished;
  expect(stderr).not.toContain("still ending");
  expect(code).toBe(130);
  await expectNothingLeft();
});

test("a reader that goes away ends the lease", async () => {
  const running = sandbox.start(["provision", "grant.json", "--json", "--valid-for-seconds", "60", "--", "sleep", "60"]);
  running.child.stdout?.once("data", () => running.child.stdout?.destroy());
  const { code, stderr } = await running.finished;
  expect([code, stderr]).toEqual([130, ""]);
  await expectNothingLeft();
});
