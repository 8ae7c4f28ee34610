import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProvisionedInstance } from "@bridge/core";
import { describe, expect, test } from "vitest";
import { isAlive } from "../src/process/identity.ts";
import { membersOf } from "../src/process/members.ts";
import { StateDirectory } from "../src/state/state-directory.ts";
import { grantFor, Leases } from "./fixtures/leases.ts";
import { connect, run } from "./fixtures/ssh-client.ts";

function claimOf(leases: Leases, { instanceId }: ProvisionedInstance) {
  const claim = new StateDirectory(leases.stateDirectory).instance(instanceId).readClaim();
  if (claim?.kind !== "machine") throw new Error("no machine has claimed the attempt");
  return claim;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (condition()) return;
    await sleep(50);
  }
  throw new Error(`did not happen: ${what}`);
}

describe("the workload", () => {
  test("runs once, and its exit code and what it used are measured", async () => {
    await using leases = new Leases();
    const fleet = leases.fleet();
    const grant = grantFor();
    const envelope = leases.envelope("echo ran >>../runs; i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; sleep 3; exit 3");
    const instance = await fleet.provisionForGrant(grant, envelope);
    await leases.fleet().provisionForGrant(grant, envelope);
    const usage = await fleet.watchUntilExit(instance, grant.validTo);
    expect(usage.exit).toEqual({ reason: "exited", code: 3, source: "measured" });
    expect(usage.wallSeconds).toMatchObject({ source: "measured" });
    expect(usage.cpuCoreSeconds).toMatchObject({ source: "measured", value: expect.toSatisfy((seconds: number) => seconds > 0.05 && seconds < 5) });
    expect(usage.networkRxBytes).toEqual({ source: "unknown" });
    expect(readFileSync(join(leases.stateDirectory, "instances", instance.instanceId, "runs"), "utf8")).toBe("ran\n");
  });

  test("that cannot be found ends with 127", async () => {
    await using leases = new Leases();
    const fleet = leases.fleet();
    const grant = grantFor();
    const instance = await fleet.provisionForGrant(grant, { ...leases.envelope(), command: ["/no/such/program"] });
    expect((await fleet.watchUntilExit(instance, grant.validTo)).exit).toMatchObject({ reason: "exited", code: 127 });
  });

  test("that a signal ended has 128 and the signal's number", async () => {
    await using leases = new Leases();
    const fleet = leases.fleet();
    const grant = grantFor();
    const instance = await fleet.provisionForGrant(grant, leases.envelope("kill -9 $$"));
    expect((await fleet.watchUntilExit(instance, grant.validTo)).exit).toMatchObject({ reason: "exited", code: 137 });
  });
});

describe("the end of an instance", () => {
  test("terminate leaves no process, also none that left the process tree, and no file but the claim", async () => {
    await using leases = new Leases();
    const fleet = leases.fleet();
    const instance = await fleet.provisionForGrant(grantFor(), leases.envelope("setsid sh -c 'trap \"\" TERM HUP; while :; do sleep 1; done' & trap '' TERM; while :; do sleep 1; done"));
    const { process: agent, mark } = claimOf(leases, instance);
    await until(() => membersOf(mark).length >= 4, "the workload runs");
    await fleet.terminate(instance);
    expect(isAlive(agent)).toBe(false);
    expect(membersOf(mark)).toEqual([]);
    expect(await fleet.list()).toMatchObject({ scopes: [{ complete: true }], instances: [] });
    expect(readdirSync(join(leases.stateDirectory, "instances", instance.instanceId)).sort()).toEqual(["claim.json", "closed"]);
    await fleet.terminate(instance);
  });

  test("comes at the deadline without anybody's help", async () => {
    await using leases = new Leases();
    const grant = grantFor({ seconds: 8 });
    const maker = leases.fleet();
    const instance = await maker.provisionForGrant(grant, leases.envelope("while :; do sleep 1; done"));
    const { process: agent, mark } = claimOf(leases, instance);
    await maker.close();
    // The agent is the last of them: it kills the others first.
    await until(() => membersOf(mark).length === 0 && !isAlive(agent), "every process ends");
    expect(Date.now()).toBeGreaterThanOrEqual(grant.validTo * 1000);
    expect((await leases.fleet().watchUntilExit(instance, grant.validTo)).exit.reason).toBe("deadline");
  });

  test("by kill -9 of its process takes the workload along, and is known as lost", async () => {
    await using leases = new Leases();
    const fleet = leases.fleet();
    const grant = grantFor();
    const instance = await fleet.provisionForGrant(grant, leases.envelope("setsid sleep 1000 & sleep 1000"));
    const { process: agent, mark } = claimOf(leases, instance);
    await until(() => membersOf(mark).length >= 4, "the workload runs");
    process.kill(agent.pid, "SIGKILL");
    const { exit } = await fleet.watchUntilExit(instance, grant.validTo);
    expect(exit).toEqual({ reason: "lost" });
    await until(() => membersOf(mark).length === 0, "the workload ends");
    await fleet.terminate(instance);
    expect((await fleet.list()).instances).toEqual([]);
  });

  test("comes when its folder is removed by hand: what nobody can list does not live", async () => {
    await using leases = new Leases();
    const instance = await leases.fleet().provisionForGrant(grantFor(), leases.envelope("sleep 1000"));
    const { mark } = claimOf(leases, instance);
    rmSync(join(leases.stateDirectory, "instances", instance.instanceId), { recursive: true });
    await until(() => membersOf(mark).length === 0, "every process ends");
    expect(existsSync(join(leases.stateDirectory, "instances", instance.instanceId))).toBe(false);
  });
});

describe("another process", () => {
  test("finds, watches and terminates what the first has made", async () => {
    await using leases = new Leases();
    const grant = grantFor();
    const instance = await leases.fleet().provisionForGrant(grant, leases.envelope("sleep 1000"));
    const other = leases.fleet();
    const { instances } = await other.list();
    expect(instances).toMatchObject([{ instanceId: instance.instanceId, requestKey: instance.requestKey, attempt: 1, state: "running", kind: "machine", deadlineMs: grant.validTo * 1000 }]);
    const [listed] = instances;
    if (listed === undefined) throw new Error("not listed");
    await other.terminate(listed);
    expect((await leases.fleet().list()).instances).toEqual([]);
  });

  test("never takes a process that reuses the instance's id for the instance", async () => {
    await using leases = new Leases();
    const fleet = leases.fleet();
    const grant = grantFor();
    const instance = await fleet.provisionForGrant(grant, leases.envelope("sleep 1000"));
    const claim = claimOf(leases, instance);
    process.kill(claim.process.pid, "SIGKILL");
    await until(() => !isAlive(claim.process), "the instance ends");
    const bystander = process.pid;
    const path = join(leases.stateDirectory, "instances", instance.instanceId, "claim.json");
    writeFileSync(path, JSON.stringify({ ...claim, process: { ...claim.process, pid: bystander } }));
    expect((await fleet.list()).instances.filter(({ kind }) => kind === "machine")).toMatchObject([{ state: "ended" }]);
    await fleet.terminate(instance); // would end this test run if it believed the id
    expect(execFileSync("ps", ["-o", "pid=", "-p", String(bystander)], { encoding: "utf8" }).trim()).toBe(String(bystander));
  });
});

test("the end of an instance leaves the same attempt in another state directory alone", async () => {
  await using leases = new Leases();
  await using others = new Leases();
  const grant = grantFor();
  const instance = await leases.fleet().provisionForGrant(grant, leases.envelope("sleep 1000"));
  const other = await others.fleet().provisionForGrant(grant, others.envelope("sleep 1000"));
  expect(other.instanceId).toBe(instance.instanceId);
  await others.fleet().terminate(other);
  const client = await connect(instance, leases.user.privateKey);
  expect((await run(client, "echo alive")).out).toBe("alive\n");
  client.end();
});

describe("an attempt", () => {
  test("that has ended cannot be made again", async () => {
    await using leases = new Leases();
    const fleet = leases.fleet();
    const grant = grantFor();
    const instance = await fleet.provisionForGrant(grant, leases.envelope("true"));
    await fleet.watchUntilExit(instance, grant.validTo);
    await until(() => !isAlive(claimOf(leases, instance).process), "the instance ends");
    await expect(fleet.provisionForGrant(grant, leases.envelope("true"))).rejects.toMatchObject({ code: "attempt_spent" });
    await fleet.terminate(instance);
    await expect(fleet.provisionForGrant(grant, leases.envelope("true"))).rejects.toMatchObject({ code: "attempt_spent" });
  });

  test("that was terminated before it was made is never made", async () => {
    await using leases = new Leases();
    const fleet = leases.fleet();
    const grant = grantFor();
    const refs: { ref?: Parameters<typeof fleet.terminate>[0] } = {};
    const interrupted = fleet.provisionForGrant(grant, leases.envelope("true"), {
      onAttempt: ({ backend, placement, requestKey, attempt, intentAtMs }) => {
        refs.ref = { backend, scope: placement.scope, placement, requestKey, attempt, intentAtMs };
        throw new Error("the maker stops here");
      },
    });
    await expect(interrupted).rejects.toThrow("the maker stops here");
    if (refs.ref === undefined) throw new Error("no attempt was announced");
    await fleet.terminate(refs.ref);
    await expect(fleet.provisionForGrant(grant, leases.envelope("true"))).rejects.toMatchObject({ code: "attempt_spent" });
    expect((await fleet.list()).instances).toEqual([]);
  });

  test("of the same grant with another envelope is a conflict, and the machine lives on", async () => {
    await using leases = new Leases();
    const fleet = leases.fleet();
    const grant = grantFor();
    const instance = await fleet.provisionForGrant(grant, leases.envelope("sleep 1000"));
    await expect(fleet.provisionForGrant(grant, leases.envelope("sleep 999"))).rejects.toMatchObject({ code: "conflict" });
    const client = await connect(instance, leases.user.privateKey);
    expect((await run(client, "echo alive")).out).toBe("alive\n");
    client.end();
  });

  test("of another state directory is refused as another scope", async () => {
    await using leases = new Leases();
    await using others = new Leases();
    const instance = await leases.fleet().provisionForGrant(grantFor(), leases.envelope("sleep 1000"));
    await expect(others.fleet().terminate(instance)).rejects.toMatchObject({ code: "wrong_scope" });
  });
});

test("an image is refused, with the reason", async () => {
  await using leases = new Leases();
  const imageDigest = `sha256:${"0".repeat(64)}`;
  const grant = grantFor({ imageDigest });
  const envelope = { ...leases.envelope(), imageDigest, imageReference: `registry.example/image@${imageDigest}` };
  await expect(leases.fleet().provisionForGrant(grant, envelope)).rejects.toMatchObject({ code: "no_backend_can_satisfy", refusals: { local: [{ reason: "image" }] } });
});

test("a misspelt option is refused by its path", () => {
  const leases = new Leases();
  // @ts-expect-error: no such option
  expect(() => leases.fleet({ stateDirektory: "/tmp" })).toThrow(/stateDirektory/);
  rmSync(leases.stateDirectory, { recursive: true });
});
