import { expect, it } from "vitest";
import { envelope, fleetOn, fleetOnEc2, grantOf } from "./fixtures/fleet.ts";

it("a security group that was just made and is not found yet is waited for", async () => {
  const { fleet, control } = await fleetOnEc2({ server: { settings: { readLagSeconds: 0.4 } } });
  const instance = await fleet.provisionForGrant(grantOf(), envelope);
  const calls = await control.calls();
  expect(calls.filter(({ action, code }) => action === "AuthorizeSecurityGroupIngress" && code === "InvalidGroup.NotFound").length).toBeGreaterThan(0);
  expect(calls.filter(({ action, code }) => action === "AuthorizeSecurityGroupIngress" && code === undefined)).toHaveLength(1);
  await fleet.terminate(instance);
});

it("a security group that an earlier process made but never opened is opened", async () => {
  const { fleet, control } = await fleetOnEc2();
  await control.addFault({ action: "AuthorizeSecurityGroupIngress", effect: { kind: "error", status: 503, code: "Unavailable" } });
  await expect(fleet.provisionForGrant(grantOf(), envelope)).rejects.toMatchObject({ code: "unavailable" });
  await fleet.terminate(await fleet.provisionForGrant(grantOf(), envelope));
});

it("a security group that two processes make at the same moment is made once, and both use it", async () => {
  const { fleet, server, control } = await fleetOnEc2({ server: { settings: { readLagSeconds: 0.4 } } });
  await using other = fleetOn(server);
  const instances = await Promise.all([fleet, other].map((each) => each.provisionForGrant(grantOf(), envelope)));
  expect(new Set(instances.map(({ placement: { resolved } }) => resolved["securityGroupId"])).size).toBe(1);
  await Promise.all(instances.map((instance) => fleet.terminate(instance)));
  expect((await control.calls()).filter(({ action, code }) => action === "CreateSecurityGroup" && code === undefined)).toHaveLength(1);
});
