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
