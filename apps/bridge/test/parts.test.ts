import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BridgeError, type ProvisionedInstance } from "@bridge/core";
import { describe, expect, test } from "vitest";
import { processIdsIn } from "../src/demo/remote-script.ts";
import { proveNothingLeft } from "../src/demo/prove-nothing-left.ts";
import { describeSeconds } from "../src/input/describe-lease.ts";
import { priceOfLease } from "../src/input/price.ts";
import { exitCodeOf } from "../src/output/exit-code-of.ts";
import { table } from "../src/output/line.ts";
import { plain } from "../src/output/plain.ts";
import { leaveHeartbeat } from "../src/reaper/heartbeat.ts";
import { PrivateFolder } from "../src/session/private-folder.ts";
import { writeSshAccess } from "../src/session/ssh-access.ts";
import { exitCodeOfRun } from "../src/session/usage-lines.ts";

describe("the demo says that nothing is left only when that is proven", () => {
  const empty = { scopes: [{ scope: "here", complete: true }], instances: [] };
  const placement = { scope: "here", region: "r", size: "s", resolved: {} };
  const remnant = { backend: "local", scope: "here", requestKey: "k", attempt: 1, placement, intentAtMs: 0, instanceId: "i-1", kind: "disk", state: "running", ledgerId: "none" } as const;
  // Above the largest process id that Linux and macOS have.
  const gone = [2 ** 30, 2 ** 30 + 1];

  test.each([
    ["the list is incomplete", { ...empty, scopes: [{ scope: "here", complete: false }] }, gone, "the list of here is incomplete"],
    ["nothing was listed", { scopes: [], instances: [] }, gone, "no scope was listed"],
    ["a remnant is listed", { ...empty, instances: [remnant] }, gone, "disk i-1 is running"],
    ["a process runs", empty, [2 ** 30, process.pid], `process ${process.pid} runs`],
    ["a process of somebody else runs", empty, [2 ** 30, 1], "process 1 runs"],
    ["no processes are known", empty, [], "did not say which processes"],
  ])("not when %s", (_what, listing, processIds, said) => {
    expect(() => proveNothingLeft(listing, processIds)).toThrow(said);
  });

  test("but when it is", () => {
    expect(() => proveNothingLeft(empty, gone)).not.toThrow();
    expect(processIdsIn("hello\nprocesses: 12 345\n")).toEqual([12, 345]);
  });
});

test("a price is hours times cores and GiB, each at its rate", () => {
  const manifest = { cpuMillicores: 2000, ramMib: 4096, storageGib: 0, arch: "amd64", tdx: "none", regions: [] } as const;
  expect(priceOfLease(manifest, 5400, { currency: "EUR", cpuCoreHour: 0.5, ramGibHour: 0.25 })).toEqual({ amount: 3, currency: "EUR" });
});

test.each([[1, "1 seconds"], [90, "90 seconds"], [150, "2.5 minutes"], [9000, "2.5 hours"], [864_000, "10 days"]])("%d seconds are said as %s", (seconds, said) => {
  expect(describeSeconds(seconds)).toBe(said);
});

test("plain text keeps line feeds and everything that is only seen", () => {
  expect(plain("a\nb ü 🚀 \u001b[31m\u009b\u202e\u007f")).toBe("a\nb ü 🚀 \\u001b[31m\\u009b\\u202e\\u007f");
});

test("a cell of a table stays in its line", () => {
  expect(table([["a\nb", "c"], ["d", "e"]])).toEqual(["a\\nb  c", "d     e"]);
});

test.each([
  [{ reason: "exited", code: 0 }, 0], [{ reason: "exited" }, 0], [{ reason: "exited", code: 1 }, 4], [{ reason: "deadline" }, 0], [{ reason: "deadline", code: 143 }, 0],
  [{ reason: "lost" }, 1], [{ reason: "terminated" }, 1],
] as const)("a run that ended with %j gives exit code %d", (exit, code) => {
  expect(exitCodeOfRun(exit)).toBe(code);
});

test.each([["invalid_grant", 2], ["plugin_not_found", 2], ["no_backend_can_satisfy", 3], ["not_found", 1], ["unauthorized", 1], ["internal", 1]] as const)("%s gives exit code %d", (code, exitCode) => {
  expect(exitCodeOf(new BridgeError(code, "x"))).toBe(exitCode);
});

test("a user name of the machine's choice cannot become an option of ssh", async () => {
  const folder = await PrivateFolder.make();
  const instance: ProvisionedInstance = {
    backend: "b", scope: "s", requestKey: "k", attempt: 1, placement: { scope: "s", region: "r", size: "s", resolved: {} }, intentAtMs: 0, instanceId: "i", region: "r",
    publicHost: "host.example", sshPort: 22, user: "-oProxyCommand=touch /tmp/owned;", keyPublic: "", hostKey: "ssh-ed25519 AAAA", startedAt: 0, providerId: "p", isolation: "vm", tdx: "none", hostKeyProvenance: "injected",
  };
  const { parameters, command } = await writeSshAccess(folder, instance, {});
  await folder.remove();
  expect(parameters.slice(-2)).toEqual(["--", "-oProxyCommand=touch /tmp/owned;@host.example"]);
  expect(command).toMatch(/ -- '-oProxyCommand=touch \/tmp\/owned;@host\.example'$/);
});

test("of heartbeats that are left at the same moment one is there, whole, and nothing beside it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bridge-heartbeat-"));
  try {
    const path = join(folder, "heartbeat.json");
    const beats = Array.from({ length: 20 }, (_, ended) => ({ atMs: 1, owner: "o", ended, failed: 0, passedOver: 0 }));
    await Promise.all(beats.map((beat) => leaveHeartbeat(path, beat)));
    expect(beats).toContainEqual(JSON.parse(readFileSync(path, "utf8")));
    expect(readdirSync(folder)).toEqual(["heartbeat.json"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
