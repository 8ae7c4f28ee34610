import { DeleteSecurityGroupCommand, DescribeSecurityGroupsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { defaultAccessKey } from "@bridge/fake-clouds";
import { expect, it } from "vitest";
import { fleetOnEc2, envelope, grantOf } from "./fixtures/fleet.ts";

it("two zones without capacity: the third serves, as attempt 3", async () => {
  const { fleet, control } = await fleetOnEc2({ options: { instanceTypes: ["t3.micro"] }, server: { settings: { capacity: [{ zone: "eu-west-1a", remaining: 0 }, { zone: "eu-west-1b", remaining: 0 }] } } });
  const instance = await fleet.provisionForGrant(grantOf(), envelope);
  expect(instance).toMatchObject({ attempt: 3, placement: { resolved: { zone: "eu-west-1c" } } });
  await fleet.terminate(instance);
  expect((await control.books()).things).toEqual([]);
});

it("a type without capacity anywhere is followed by the next larger one, and then by the next region; no zone is asked twice for a size", async () => {
  const { fleet } = await fleetOnEc2({ options: { regions: ["eu-west-1", "eu-central-1"] }, server: { settings: { capacity: [{ zone: "eu-west-1a", remaining: 0 }, { zone: "eu-west-1b", remaining: 0 }, { zone: "eu-west-1c", remaining: 0 }] } } });
  const instance = await fleet.provisionForGrant(grantOf(), envelope);
  expect(instance).toMatchObject({ region: "eu-central-1", attempt: 7 });
  await fleet.terminate(instance);
});

it("a grant that requires TDX is refused, and one that would like it is served", async () => {
  const { fleet } = await fleetOnEc2();
  await expect(fleet.provisionForGrant(grantOf({ tdx: "required" }), envelope)).rejects.toMatchObject({ code: "no_backend_can_satisfy", refusals: { aws: expect.arrayContaining([expect.objectContaining({ reason: "tdx" })]) } });
  const { candidates } = await fleet.explain(grantOf({ tdx: "preferred" }));
  expect(candidates[0]?.placements.length).toBeGreaterThan(0);
});

it("AMD SEV-SNP is switched on where the options ask for it, on types that have it, and is no TDX", async () => {
  const { fleet, control } = await fleetOnEc2({ options: { sevSnp: true, instanceTypes: undefined, instanceFamilies: ["m7i", "m6a"] } });
  const instance = await fleet.provisionForGrant(grantOf({ tdx: "preferred" }), envelope);
  expect(instance).toMatchObject({ tdx: "none", placement: { size: "m6a.large" } });
  expect((await control.books()).instances[0]?.request.CpuOptions).toEqual({ AmdSevSnp: "enabled" });
  await fleet.terminate(instance);
  await expect(fleet.provisionForGrant(grantOf({ tdx: "required" }), envelope)).rejects.toMatchObject({ code: "no_backend_can_satisfy" });
});

it("a quota that is used up is met once: its region and market are passed over for three minutes, and the next market serves", async () => {
  let aheadMs = 0;
  const { fleet, control } = await fleetOnEc2({ options: { spot: "prefer" }, server: { settings: { quotas: { vcpus: 100, spotVcpus: 0, instances: 100 } } }, fleet: { now: () => Date.now() + aheadMs } });
  const served = async () => {
    const instance = await fleet.provisionForGrant(grantOf(), envelope);
    await fleet.terminate(instance);
    return [instance.attempt, instance.placement.resolved["market"]];
  };
  expect(await served()).toEqual([2, "on-demand"]);
  expect(await served()).toEqual([1, "on-demand"]);
  await control.configure({ quotas: { vcpus: 100, spotVcpus: 100, instances: 100 } });
  aheadMs = 181_000;
  expect(await served()).toEqual([1, "spot"]);
});

it("what the account cannot do anywhere is said as what it is, and when to come back", async () => {
  const { fleet } = await fleetOnEc2({ server: { settings: { quotas: { vcpus: 0, spotVcpus: 0, instances: 100 } } } });
  await expect(fleet.provisionForGrant(grantOf(), envelope)).rejects.toMatchObject({ code: "quota_exceeded" });
  await expect(fleet.provisionForGrant(grantOf(), envelope)).rejects.toMatchObject({ code: "quota_exceeded", retryAfterSeconds: expect.any(Number), message: expect.stringContaining("eu-west-1") });
});

it("subnets and groups are looked for again hourly, and at once when one of them is gone", async () => {
  const { fleet, server, control } = await fleetOnEc2();
  await fleet.terminate(await fleet.provisionForGrant(grantOf(), envelope));
  const ec2 = new EC2Client({ endpoint: server.endpoint, region: "eu-west-1", credentials: { ...defaultAccessKey } });
  const { SecurityGroups: [{ GroupId } = {}] = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: "group-name", Values: ["bridge-ssh"] }] }));
  await ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
  await expect(fleet.provisionForGrant(grantOf(), envelope)).rejects.toMatchObject({ code: "invalid_option", message: expect.stringContaining(`${GroupId}`) });
  const instance = await fleet.provisionForGrant(grantOf(), envelope);
  await fleet.terminate(instance);
  expect((await control.calls()).filter(({ action, code }) => action === "CreateSecurityGroup" && code === undefined)).toHaveLength(2);
  ec2.destroy();
});

it("spot is tried first where it is preferred", async () => {
  const { fleet } = await fleetOnEc2({ options: { spot: "prefer", instanceTypes: ["t3.micro"] } });
  const { candidates } = await fleet.explain(grantOf());
  expect(candidates[0]?.placements.slice(0, 2).map(({ resolved }) => resolved["market"])).toEqual(["spot", "on-demand"]);
});

it("a placement pins every input of the request", async () => {
  const { fleet } = await fleetOnEc2({ options: { instanceTypes: ["t3.micro"] } });
  const { candidates: [{ placements: [placement] } = { placements: [] }] } = await fleet.explain(grantOf({ storageGib: 40 }));
  expect(placement).toMatchObject({
    scope: "aws:111122223333:eu-west-1", region: "eu-west-1", size: "t3.micro",
    resolved: { imageId: expect.stringMatching(/^ami-/), rootDevice: "/dev/sda1", zone: "eu-west-1a", subnetId: expect.stringMatching(/^subnet-/), securityGroupId: expect.stringMatching(/^sg-/), market: "on-demand", diskGib: 40, ipv6: false },
  });
});
