import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { fleetOnEc2, envelope, grantOf } from "./fixtures/fleet.ts";

/** The actions of the policy in the README. */
function documented(): readonly string[] {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const [, json = ""] = /```json\n([^`]+)```/.exec(readme) ?? [];
  return JSON.parse(json).Statement[0].Action;
}

it("the policy in the README lists exactly the actions that are called", async () => {
  const { fleet, control } = await fleetOnEc2();
  const instance = await fleet.provisionForGrant(grantOf(), envelope);
  await control.leaveRemnant("volume", instance.instanceId);
  await fleet.diagnose();
  const exiting = await fleet.provisionForGrant(grantOf(), { ...envelope, command: ["/bin/sh", "-c", "exit 7"] });
  expect((await fleet.watchUntilExit(exiting, exiting.startedAt + 3600)).exit).toMatchObject({ code: 7 });
  await Promise.all([fleet.terminate(instance), fleet.terminate(exiting)]);
  const called = new Set((await control.calls()).filter(({ service, dryRun }) => service !== "sts" && !dryRun).map(({ service, action }) => `${service}:${action}`));
  // What is only tried by the diagnosis does not count. Tags that are given with RunInstances need a permission of their own.
  called.add("ec2:CreateTags");
  expect([...called].sort()).toEqual([...documented()].sort());
});

it("a denied permission is named, with the error that a grant would get", async () => {
  const { fleet } = await fleetOnEc2({ server: { settings: { denied: ["RunInstances"] } } });
  await expect(fleet.provisionForGrant(grantOf(), envelope)).rejects.toMatchObject({ code: "forbidden", outcome: "none", message: expect.stringContaining("RunInstances") });
  const [{ findings } = { findings: [] }] = await fleet.diagnose();
  expect(findings).toContainEqual(expect.objectContaining({ subject: "permission ec2:RunInstances in eu-west-1", verdict: "failed", mend: expect.stringContaining("ec2:RunInstances") }));
  expect(findings.filter(({ verdict }) => verdict !== "fine")).toHaveLength(1);
});
