import type { BridgeError } from "@bridge/core";
import { parseOptions } from "@bridge/core/backend";
import { defaultAccessKey, imagesOf } from "@bridge/fake-clouds";
import { afterEach, describe, expect, it, vi } from "vitest";
import { optionsSchema } from "../src/config.ts";
import { envelope, fleetOnEc2, grantOf } from "./fixtures/fleet.ts";

afterEach(() => vi.unstubAllEnvs());

const arm64Image = imagesOf("eu-west-1").find(({ arch }) => arch === "arm64")?.imageId ?? "";

const textOf = ({ code, message, refusals = {} }: BridgeError) => `${code}: ${message} ${JSON.stringify(refusals)}`;

/** The error of a provision, with all causes as text; nothing was made. */
async function refused(setting: Parameters<typeof fleetOnEc2>[0]) {
  const { fleet, control } = await fleetOnEc2(setting);
  const error = await fleet.provisionForGrant(grantOf(), envelope).then(() => { throw new Error("it succeeded"); }, (thrown: BridgeError) => thrown);
  expect((await control.books()).instances).toEqual([]);
  expect(error.outcome).toBe("none");
  return textOf(error);
}

describe("options", () => {
  const parse = (options: object) => () => parseOptions(optionsSchema, { regions: ["eu-west-1"], ...options }, "aws");

  it("are refused all at once, each by its path", () => {
    const problems = parse({ regions: ["europe"], acount: "1", account: "12", spot: "maybe", image: { ids: { "eu-west-1": "ubuntu" } }, tags: { "bridge-owner": "me" } });
    for (const path of ["regions", "acount", "account", "spot", "image", "tags"]) expect(problems).toThrow(path);
  });

  it("hold no tags that EC2 would not take", () => {
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag ${index}`, ""]));
    for (const tags of [{ team: "x".repeat(257) }, { ["x".repeat(129)]: "" }, { "aws:team": "blue" }, many(43)]) expect(parse({ tags })).toThrow("tags");
    expect(parse({ tags: { team: "blue", "cost centre": "4711" } })).not.toThrow();
  });

  it("may hold as many tags as EC2 takes beside ours, and a name of one's own", async () => {
    const tags = Object.fromEntries(["Name", ...Array.from({ length: 41 }, (_, index) => `tag ${index}`)].map((key) => [key, "mine"]));
    const { fleet, control } = await fleetOnEc2({ options: { tags } });
    const instance = await fleet.provisionForGrant(grantOf(), envelope);
    expect((await control.books()).instances[0]?.tags).toMatchObject({ Name: "mine", "tag 40": "mine" });
    await fleet.terminate(instance);
  });
});

describe("credentials that will not do are one clear error:", () => {
  it("none at all", async () => {
    for (const [name, value] of Object.entries({ AWS_EC2_METADATA_DISABLED: "true", AWS_SHARED_CREDENTIALS_FILE: "/nowhere", AWS_CONFIG_FILE: "/nowhere" })) vi.stubEnv(name, value);
    expect(await refused({ options: { credentials: undefined } })).toContain("unauthorized: no credentials were found; give them as options");
  });

  it("wrong ones", async () => {
    expect(await refused({ options: { credentials: { accessKeyId: "AKIAWRONG", secretAccessKey: "wrong" } } })).toContain("unauthorized");
  });

  it("expired ones", async () => {
    const expired = { ...defaultAccessKey, sessionToken: "session", expiresAtMs: Date.now() - 1000 };
    const { accessKeyId, secretAccessKey, sessionToken } = expired;
    expect(await refused({ server: { accessKeys: [expired] }, options: { credentials: { accessKeyId, secretAccessKey, sessionToken } } })).toMatch(/unauthorized: .*expired/);
  });

  it("those of another account", async () => {
    expect(await refused({ options: { account: "999988887777" } })).toContain("account: the credentials belong to account 111122223333, not to 999988887777");
  });

  it("good ones, by a clock that is wrong", async () => {
    expect(await refused({ server: { settings: { clockSkewSeconds: 3600 } } })).toMatch(/unauthorized: .*(clock|expired)/);
  });
});

describe("what a region lacks is one clear error:", () => {
  it.each([
    ["a region that is not enabled", { options: { regions: ["me-central-1"] } }, "the credentials are wrong, or these regions are not enabled for their account: me-central-1 (aws account enable-region --region-name me-central-1)"],
    ["an unknown instance type", { options: { instanceTypes: ["zz9.huge"] } }, "invalid_option: instanceTypes: eu-west-1 sells none of zz9.huge"],
    ["types of another architecture than the image's", { options: { instanceTypes: ["t4g.small"], image: { ids: { "eu-west-1": arm64Image }, architecture: "amd64" } } }, "sells none of t4g.small for amd64"],
    ["an image of another architecture", { options: { image: { ids: { "eu-west-1": arm64Image } } } }, `image: ${arm64Image} in eu-west-1 is for arm64; the grant asks for amd64`],
    ["an image that does not exist", { options: { image: { ids: { "eu-west-1": "ami-0123456789abcdef0" } } } }, "The image ID 'ami-0123456789abcdef0' does not exist"],
    ["no image for the region", { options: { image: { ids: { "eu-central-1": arm64Image } } } }, "image: there is none for amd64 in eu-west-1"],
    ["an unknown SSM parameter", { options: { image: { ssmParameter: "/nowhere" } } }, "image: eu-west-1 has no SSM parameter /nowhere"],
    ["no default VPC", { server: { accountsWithoutDefaultVpc: ["111122223333"] } }, "aws ec2 create-default-vpc --region eu-west-1"],
    ["an unknown subnet", { options: { subnets: { "eu-west-1": ["subnet-0123456789abcdef0"] } } }, "subnets.eu-west-1: there is no subnet-0123456789abcdef0 in this account and region"],
    ["no quota", { server: { settings: { quotas: { vcpus: 0, spotVcpus: 0, instances: 10 } } } }, "quota_exceeded: You have requested more vCPU capacity than your current vCPU limit of 0"],
    ["no role for spot", { options: { spot: "only" }, fault: { code: "AuthFailure.ServiceLinkedRoleCreationNotPermitted", status: 400 } }, "forbidden: the account has no service-linked role for spot yet"],
    ["a refusal that nobody knows", { fault: { code: "SomethingNew", status: 400, message: "EC2 wants something new" } }, "unavailable: EC2 wants something new"],
  ] as const)("%s", async (_what, { fault, ...setting }: Parameters<typeof fleetOnEc2>[0] & { readonly fault?: { readonly code: string; readonly status: number; readonly message?: string } }, expected) => {
    const text = await refused({ ...setting, ...(fault === undefined ? {} : { faults: [{ action: "RunInstances", times: 20, effect: { kind: "error" as const, ...fault } }] }) });
    expect(text).toContain(expected);
  });
});

describe("regions that cannot be used", () => {
  it.each([
    ["not enabled, and the first", { regions: ["me-central-1", "eu-west-1"] }],
    ["not enabled, and not the first", { regions: ["eu-west-1", "me-central-1"] }],
    ["without the subnet that is named", { regions: ["eu-central-1", "eu-west-1"], subnets: { "eu-central-1": ["subnet-0123456789abcdef0"] } }],
    ["without an image", { regions: ["eu-central-1", "eu-west-1"], image: { ids: { "eu-west-1": imagesOf("eu-west-1")[0]?.imageId } } }],
  ])("(%s) leave the others usable", async (_why, options) => {
    const { fleet } = await fleetOnEc2({ options });
    const instance = await fleet.provisionForGrant(grantOf(), envelope);
    expect(instance).toMatchObject({ region: "eu-west-1", attempt: 1 });
    await fleet.terminate(instance);
  });
});

describe("a missing permission is named by its action", () => {
  it.each([
    "RunInstances", "CreateTags", "DescribeInstances", "DescribeVolumes", "DescribeSubnets", "DescribeImages", "DescribeInstanceTypes", "DescribeInstanceTypeOfferings",
    "DescribeSecurityGroups", "CreateSecurityGroup", "AuthorizeSecurityGroupIngress",
  ])("before anything is made: ec2:%s", async (action) => {
    const { fleet, control } = await fleetOnEc2({ server: { settings: { denied: [action] } } });
    const error = await fleet.provisionForGrant(grantOf(), envelope).then(() => { throw new Error("it succeeded"); }, (thrown: BridgeError) => thrown);
    const text = textOf(error);
    expect(text).toMatch(new RegExp(`forbidden.*not authorized to perform: ec2:${action}\\b`, "s"));
    expect(text).not.toContain("Encoded authorization");
    expect((await control.books()).instances).toEqual([]);
  });

  it("before anything is made: ssm:GetParameter", async () => {
    expect(await refused({ server: { settings: { denied: ["GetParameter"] } } })).toMatch(/forbidden.*not authorized to perform: ssm:GetParameter/s);
  });

  it("while a machine runs: terminate says so, and nothing passes for ended; a console that may not be read leaves the exit code unknown", async () => {
    const { fleet, control } = await fleetOnEc2();
    const instance = await fleet.provisionForGrant(grantOf(), { ...envelope, command: ["/bin/sh", "-c", "exit 7"] });
    await control.configure({ denied: ["GetConsoleOutput", "TerminateInstances"] });
    expect((await fleet.watchUntilExit(instance, instance.startedAt + 3600)).exit).not.toHaveProperty("code");
    const other = await fleet.provisionForGrant(grantOf(), envelope);
    await expect(fleet.terminate(other)).rejects.toMatchObject({ code: "forbidden", message: expect.stringContaining("ec2:TerminateInstances") });
    await control.configure({ denied: ["DescribeVolumes"] });
    expect((await fleet.list()).scopes).toEqual([expect.objectContaining({ complete: false, error: expect.objectContaining({ code: "forbidden", message: expect.stringContaining("ec2:DescribeVolumes") }) })]);
    await control.configure({ denied: [] });
    await Promise.all([fleet.terminate(other), fleet.terminate(instance)]);
  });
});

it("a subnet that gives no public addresses by itself will do: a machine asks for its own", async () => {
  const { fleet, control, server } = await fleetOnEc2();
  const subnetId = await control.addSubnet({ region: "eu-west-1", zone: "eu-west-1b", mapPublicIpOnLaunch: false });
  const { fleet: there } = await fleetOnEc2({ options: { endpoint: server.endpoint, sshPort: server.sshPort, subnets: { "eu-west-1": [subnetId] } } });
  const instance = await there.provisionForGrant(grantOf(), envelope);
  expect(instance.placement.resolved).toMatchObject({ subnetId });
  await there.terminate(instance);
  await fleet.close();
});

it("an image whose root volume is larger than what is asked for gets a volume of its size", async () => {
  const { fleet, control } = await fleetOnEc2({ options: { image: { owner: "amazon", name: "Deep Learning Base *" } } });
  const instance = await fleet.provisionForGrant(grantOf(), envelope);
  expect((await control.books()).instances[0]?.request.BlockDeviceMappings?.[0]?.Ebs?.VolumeSize).toBe(35);
  await fleet.terminate(instance);
});

it("a platform whose clock differs is named by the difference", async () => {
  const { fleet } = await fleetOnEc2({ server: { settings: { clockSkewSeconds: 120 } } });
  const { scopes } = await fleet.list();
  expect(scopes[0]?.clockSkewMs).toBeGreaterThan(110_000);
  const [{ findings } = { findings: [] }] = await fleet.diagnose();
  expect(findings).toContainEqual(expect.objectContaining({ subject: expect.stringContaining("clock"), verdict: "failed" }));
});
