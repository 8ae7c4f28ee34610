import type { BridgeError } from "@bridge/core";
import { parseOptions } from "@bridge/core/backend";
import { describe, expect, it } from "vitest";
import { optionsSchema } from "../src/config.ts";
import { fleetOnEc2, envelope, grantOf } from "./fixtures/fleet.ts";

const failure = async (call: Promise<unknown>): Promise<BridgeError> => call.then(() => { throw new Error("it succeeded"); }, (error: BridgeError) => error);
const causes = ({ refusals, message }: BridgeError): string => JSON.stringify(refusals ?? message);

describe("options", () => {
  it("are refused all at once, each by its path", () => {
    const error = (() => { try { parseOptions(optionsSchema, { regions: ["europe"], acount: "1", account: "12", spot: "maybe", image: { ids: { "eu-west-1": "ubuntu" } }, tags: { "bridge-owner": "me" } }, "aws"); } catch (thrown) { return thrown; } })();
    expect(error).toMatchObject({ code: "invalid_option" });
    for (const path of ["regions", "acount", "account", "spot", "image", "tags"]) expect(String(error)).toContain(path);
  });
});

it("tags that EC2 would not take are refused with the options", () => {
  const parse = (tags: object) => () => parseOptions(optionsSchema, { regions: ["eu-west-1"], tags }, "aws");
  for (const tags of [{ team: "x".repeat(257) }, { ["x".repeat(129)]: "" }, { "aws:team": "blue" }]) expect(parse(tags)).toThrow("tags");
  expect(parse({ team: "blue", "cost centre": "4711" })).not.toThrow();
});

describe("what the account lacks is one clear error", () => {
  it.each([
    ["wrong keys", { options: { credentials: { accessKeyId: "AKIAWRONG", secretAccessKey: "wrong" } } }, "unauthorized"],
    ["another account's keys", { options: { account: "999988887777" } }, "belong to account 111122223333"],
    ["a region that is not enabled", { options: { regions: ["me-central-1"] } }, "me-central-1|unauthorized|forbidden"],
    ["no default VPC", { server: { accountsWithoutDefaultVpc: ["111122223333"] } }, "create-default-vpc"],
    ["an unknown instance type", { options: { instanceTypes: ["zz9.huge"] } }, "region|cpu|offer"],
    ["an unknown subnet", { options: { subnets: { "eu-west-1": ["subnet-0123456789abcdef0"] } } }, "subnet-0123456789abcdef0"],
    ["an image of another architecture", { options: { image: { ids: { "eu-west-1": "ami-0123456789abcdef0" } } } }, "image|InvalidAMIID|invalid_option"],
    ["an unknown SSM parameter", { options: { image: { ssmParameter: "/nowhere" } } }, "ParameterNotFound|parameter|invalid_option"],
    ["no quota", { server: { settings: { quotas: { vcpus: 0, spotVcpus: 0, instances: 0 } } } }, "quota_exceeded|vCPU"],
  ])("%s", async (_name, setting, expected) => {
    const { fleet, control } = await fleetOnEc2(setting);
    const error = await failure(fleet.provisionForGrant(grantOf(), envelope));
    expect(`${error.code} ${error.message} ${causes(error)}`).toMatch(new RegExp(expected));
    expect(error.outcome).toBe("none");
    expect((await control.books()).things).toEqual([]);
  });

  it.each([
    ["RunInstances", "RunInstances"], ["CreateTags", "CreateTags"], ["DescribeSubnets", "DescribeSubnets"], ["DescribeImages", "DescribeImages"],
    ["DescribeInstanceTypes", "DescribeInstanceTypes"], ["DescribeInstanceTypeOfferings", "DescribeInstanceTypeOfferings"], ["CreateSecurityGroup", "CreateSecurityGroup"], ["GetParameter", "GetParameter"],
  ])("a missing permission for %s is named, and nothing is made", async (action, named) => {
    const { fleet, control } = await fleetOnEc2({ server: { settings: { denied: [action] } } });
    const error = await failure(fleet.provisionForGrant(grantOf(), envelope));
    expect(`${error.message} ${causes(error)}`).toMatch(new RegExp(`${named}|forbidden`));
    expect(error.outcome).toBe("none");
    expect((await control.books()).things).toEqual([]);
  });

  it("credentials that have expired are refused, and nothing is made", async () => {
    const { fleet, control } = await fleetOnEc2({ server: { settings: { clockSkewSeconds: 3600 } } });
    const error = await failure(fleet.provisionForGrant(grantOf(), envelope));
    expect(`${error.code} ${error.message} ${causes(error)}`).toMatch(/unauthorized|expired|clock/);
    expect((await control.books()).things).toEqual([]);
  });

  it("throttling of a while is waited for", async () => {
    const { fleet, control } = await fleetOnEc2();
    await control.addFault({ action: "DescribeInstances", times: 3, effect: { kind: "error", status: 503, code: "RequestLimitExceeded" } });
    const instance = await fleet.provisionForGrant(grantOf(), envelope);
    await fleet.terminate(instance);
    expect((await control.books()).things).toEqual([]);
  });

  it("a platform whose clock differs is named by the difference", async () => {
    const { fleet } = await fleetOnEc2({ server: { settings: { clockSkewSeconds: 120 } } });
    const { scopes } = await fleet.list();
    expect(scopes[0]?.clockSkewMs).toBeGreaterThan(110_000);
    const [{ findings } = { findings: [] }] = await fleet.diagnose();
    expect(findings).toContainEqual(expect.objectContaining({ subject: expect.stringContaining("clock"), verdict: "failed" }));
  });
});
