import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Diagnosis, Finding } from "@bridge/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ec2For } from "./fixtures/ec2.ts";
import { Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(() => { sandbox = new Sandbox(); });
afterEach(() => sandbox.dispose());

const odd = fileURLToPath(new URL("fixtures/odd-backend.ts", import.meta.url));
const secret = { env: { BRIDGE_SECRET: "0".repeat(64) } };

function configureOdd(...entries: readonly object[]): void {
  sandbox.write("bridge.yaml", { owner: "tester", providerId: "provider.example", masterSecret: { env: "BRIDGE_SECRET" }, backends: entries.map((options, index) => ({ use: odd, name: `odd-${index}`, options })) });
}

const doctor = (...parameters: readonly string[]) => sandbox.run(["doctor", ...parameters], secret);

test("a healthy local backend is fine, with exit code 0, and nothing was made", async () => {
  sandbox.write("bridge.yaml", { owner: "tester", providerId: "provider.example", masterSecret: { env: "BRIDGE_SECRET" }, backends: [{ use: "@bridge/backend-local" }] });
  const { code, stdout, stderr } = await doctor();
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/local\n {2}fine +what is on offer: .*\n[^]*0 to look at, 0 failed\n$/);
  expect(sandbox.hasInstances).toBe(false);
});

test("a config that is wrong is told before any platform is asked, with exit code 2", async () => {
  configureOdd({ clocSkew: 1 });
  expect(await doctor()).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("clocSkew") });
  configureOdd({});
  expect(await sandbox.run(["doctor"])).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("BRIDGE_SECRET") });
});

test("what fails is said with how to mend it, beside what is fine; exit code 1", async () => {
  configureOdd({ incompleteList: true }, {});
  const { code, stdout } = await doctor();
  expect(code).toBe(1);
  expect(stdout).toMatch(/odd-0\n {2}fine .*\n {2}failed {3}listing of odd-scope: unavailable: the list was cut off\n {11}\S.*\nodd-1\n {2}fine .*\n {2}fine .*\n3 fine, 0 to look at, 1 failed\n$/);
});

test.each(["capabilities", "list"])("a backend whose %s never answers is told after --timeout-seconds, and holds up nobody", async (hangs) => {
  configureOdd({ hangs }, {});
  const { code, stdout } = await doctor("--timeout-seconds", "1");
  expect([code, stdout]).toEqual([1, expect.stringMatching(/odd-0\n[^]*timeout: no answer within 1 s[^]*odd-1\n {2}fine .*\n {2}fine .*\n/)]);
});

test.each([[45, 0, "1 to look at, 0 failed"], [-90, 1, "0 to look at, 1 failed"]])("a clock that differs by %i s ends with %i", async (clockSkewSeconds, code, closing) => {
  configureOdd({ clockSkewSeconds });
  const result = await doctor();
  expect([result.code, result.stdout]).toEqual([code, expect.stringContaining(closing)]);
  expect(result.stdout).toMatch(/clock of odd-scope: this computer's clock is \d\d s (behind|ahead of) the platform's\n.*NTP/);
});

describe("on EC2", () => {
  const findingsOf = async (...parameters: readonly string[]) => {
    const { code, stdout, stderr } = await doctor("--json", ...parameters);
    expect(stderr).toBe("");
    const { diagnoses: [diagnosis], reaper }: { readonly diagnoses: readonly Diagnosis[]; readonly reaper?: Finding } = JSON.parse(stdout);
    return { code, findings: diagnosis?.findings ?? [], reaper };
  };

  test("it creates nothing, and names the permission that is denied", async () => {
    const { ec2, control } = await ec2For(sandbox, { settings: { denied: ["TerminateInstances"] } });
    try {
      const { code, findings } = await findingsOf();
      expect(findings.filter(({ verdict }) => verdict !== "fine")).toEqual([
        { subject: "permission ec2:TerminateInstances in eu-west-1", verdict: "failed", message: "denied", mend: expect.stringContaining("allow ec2:TerminateInstances in the policy") },
      ]);
      expect(code).toBe(1);
      expect((await control.books()).things).toEqual([]);
      expect((await control.calls()).filter(({ action, dryRun }) => !dryRun && !/^(Describe|Get)/.test(action))).toEqual([]);
      expect(await control.violations()).toEqual([]);
    } finally {
      await ec2.close();
    }
  });

  test("credentials that are wrong, and another account's, are named", async () => {
    const { ec2, configure } = await ec2For(sandbox);
    try {
      configure({ more: { credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: { env: "BRIDGE_SECRET" } } } });
      const wrong = await findingsOf();
      expect([wrong.code, wrong.findings]).toEqual([1, expect.arrayContaining([expect.objectContaining({ subject: "credentials", verdict: "failed", message: expect.stringMatching(/^unauthorized/) })])]);
      configure({ more: { account: "999999999999" } });
      expect((await findingsOf()).findings).toContainEqual(expect.objectContaining({ subject: "credentials", message: expect.stringContaining("999999999999") }));
    } finally {
      await ec2.close();
    }
  });

  test("it warns while no reaper has reported, or not within the hour, or could not do its work; one that reaps makes it fine", async () => {
    const { ec2 } = await ec2For(sandbox);
    const report = (changes: object) => sandbox.write("bridge-reaper.json", { atMs: Date.now(), owner: "tester", ended: 0, failed: 0, passedOver: 0, ...changes });
    const judged = async () => {
      const { code, reaper } = await findingsOf();
      expect(code).toBe(0);
      expect(reaper?.mend === undefined).toBe(reaper?.verdict === "fine");
      return `${reaper?.verdict}: ${reaper?.message}`;
    };
    try {
      expect(await judged()).toMatch(/^warning: required by aws, and none has reported in .*bridge-reaper\.json$/);
      report({ atMs: Date.now() - 61 * 60_000 });
      expect(await judged()).toMatch(/^warning: last reported 61 minutes ago/);
      report({ atMs: Date.now() + 120 * 60_000 });
      expect(await judged()).toMatch(/^warning: reported 120 minutes from now/);
      report({ atMs: Date.now() - 59 * 60_000 });
      expect(await judged()).toBe("fine: reported 59 minutes ago");
      report({ owner: "somebody-else" });
      expect(await judged()).toMatch(/^warning: the one that reports .* is of owner somebody-else, not tester$/);
      report({ failed: 2, passedOver: 1 });
      expect(await judged()).toBe("warning: reported 0 minutes ago that it could not end 2 and passed over 1 scopes");
      sandbox.write("bridge-reaper.json", "{ \"atMs\": 17");
      expect(await judged()).toMatch(/^warning: what it reports in .* cannot be read: it is no JSON$/);
      rmSync(`${sandbox.folder}/bridge-reaper.json`);
      expect((await sandbox.run(["reap"])).code).toBe(0);
      expect(await judged()).toBe("fine: reported 0 minutes ago");
      expect((await doctor()).stdout).toMatch(/this installation\n {2}fine +reaper: reported 0 minutes ago\n/);
    } finally {
      await ec2.close();
    }
  });
});
