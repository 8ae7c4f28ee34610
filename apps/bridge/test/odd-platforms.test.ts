import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exampleGrant, Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(() => { sandbox = new Sandbox(); });
afterEach(() => sandbox.dispose());

const use = fileURLToPath(new URL("./fixtures/odd-backend.ts", import.meta.url));
const requestKey = "a".repeat(26);

/** A boot config, as JSON, with one entry of the odd backend for each object of options. */
function configure(...entries: readonly object[]): void {
  sandbox.write("bridge.secret", "0".repeat(64));
  sandbox.write("bridge.yaml", {
    owner: "tester", providerId: "provider.example", masterSecret: { file: "bridge.secret" },
    backends: entries.map((options, index) => ({ use, name: `odd-${index}`, options, rates: { currency: "EUR", cpuCoreHour: 1, ramGibHour: 1 } })),
  });
  sandbox.write("grant.json", exampleGrant());
}

describe("a list that is incomplete", () => {
  test("is said to be, with the reason, and ends with 1", async () => {
    configure({ incompleteList: true });
    const { code, stdout } = await sandbox.run(["list"]);
    expect([code, stdout]).toEqual([1, expect.stringContaining("incomplete: odd-scope: unavailable: the list was cut off")]);
    expect(stdout).not.toContain("nothing: this owner has no instances");
    const asJson = await sandbox.run(["list", "--json"]);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ complete: false, scopes: [{ complete: false, error: { code: "unavailable" } }] });
  });

  test("never makes terminate say that something does not exist", async () => {
    configure({ incompleteList: true });
    const { code, stderr } = await sandbox.run(["terminate", requestKey]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("error unavailable")]);
    expect((await sandbox.run(["terminate", "--all-of-this-owner"])).code).toBe(1);
  });
});

describe("a terminate that fails", () => {
  test("is told with the ref and what to do, and ends with 1", async () => {
    configure({ holds: [{ requestKey, instanceId: "odd-7" }], terminateFails: "forbidden" });
    const { code, stderr } = await sandbox.run(["terminate", requestKey]);
    expect(code).toBe(1);
    expect(stderr).toContain("error forbidden: it may not be ended");
    expect(stderr).toContain(`instance odd-7) may be left; end it with: bridge terminate ${requestKey}`);
    const asJson = await sandbox.run(["terminate", "odd-7", "--json"]);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ terminated: [], failed: [{ ref: { instanceId: "odd-7" }, error: { code: "forbidden" } }] });
    expect(JSON.parse(asJson.stderr)).toMatchObject({ error: { code: "forbidden" } });
  });

  test("after an interrupt, is a failure and not an interrupt", async () => {
    configure({ terminateFails: "unavailable" });
    const running = sandbox.start(["provision", "grant.json"]);
    await running.until("To get in");
    running.child.kill("SIGINT");
    const { code, stderr } = await running.finished;
    expect([code, stderr]).toEqual([1, expect.stringContaining("may be left; end it with: bridge terminate")]);
    expect(sandbox.leftovers).toEqual([]);
  });
});

test("a second Ctrl-C while it terminates says what may be left, with the ref, and goes on terminating", async () => {
  configure({ terminateSeconds: 3 });
  const running = sandbox.start(["provision", "grant.json"]);
  await running.until("To get in");
  running.child.kill("SIGINT");
  await new Promise((resolve) => setTimeout(resolve, 1500));
  running.child.kill("SIGINT");
  const { code, stderr } = await running.finished;
  expect(stderr).toMatch(/still ending it\. .*attempt 1 of [a-z2-7]{26} on odd-0 \(odd-scope, instance odd-1\) may be left/);
  expect(stderr).toContain("interrupted; nothing is left");
  expect(code).toBe(130);
});

test("a watch that fails for a while is taken up again", async () => {
  configure({ watchFailures: 2 });
  const { code, stdout, stderr } = await sandbox.run(["provision", "grant.json"]);
  expect(stderr.match(/watch: unavailable: the platform hiccups/g)).toHaveLength(2);
  expect([code, stdout]).toEqual([0, expect.stringContaining("exited; its code is not known")]);
});

test("when the first platform fails, the next one serves, and the record says why", async () => {
  configure({ provisionFails: "no more" }, { watchFailures: 0 });
  const { code, stderr } = await sandbox.run(["provision", "grant.json"]);
  expect(stderr).toMatch(/odd-0 failed: quota_exceeded: no more[^]*served by odd-1/);
  expect(code).toBe(0);
});

test("when every platform fails, all causes are told and the exit code is 1", async () => {
  configure({ provisionFails: "no more" }, { provisionFails: "none left" });
  const { code, stderr } = await sandbox.run(["provision", "grant.json", "--json"]);
  expect(code).toBe(1);
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: "quota_exceeded", message: expect.stringMatching(/no more[^]*none left/), routing: [{ backend: "odd-0" }, { backend: "odd-1" }] } });
});

test("what a platform says cannot drive the terminal", async () => {
  configure({ provisionFails: "\u001b]0;owned\u0007 \u009b31m \u202e abc" }, { holds: [{ requestKey, instanceId: "x\u001b[2J\r\u0085\n" }], watchFailures: 0 });
  const driving = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;
  for (const parameters of [["provision", "grant.json"], ["provision", "grant.json", "--json"], ["provision", "grant.json", "--verbose"], ["list"], ["list", "--json"]]) {
    const { stdout, stderr } = await sandbox.run(parameters);
    expect(`${stdout}${stderr}`).not.toMatch(driving);
  }
  const { stdout } = await sandbox.run(["list", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ instances: [{ instanceId: "x\u001b[2J\r\u0085\n" }] });
});
