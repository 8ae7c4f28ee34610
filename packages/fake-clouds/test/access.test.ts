import { DescribeInstancesCommand, DescribeRegionsCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { describe, expect, onTestFinished, test } from "vitest";
import { type AccessKey, defaultAccessKey } from "../src/index.ts";
import { clientOf, launch, openCloud, refusal, region, tagged, ubuntu } from "./fixtures/open-cloud.ts";

const foreign: AccessKey = { accessKeyId: "AKIAFOREIGN000000001", secretAccessKey: "foreign", accountId: "999900001111" };
const temporary: AccessKey = { accessKeyId: "ASIATEMPORARY0000001", secretAccessKey: "temporary", accountId: "111122223333", sessionToken: "token", expiresAtMs: Date.now() + 3_600_000 };
const describeInstances = new DescribeInstancesCommand({});

function others(endpoint: string, key: AccessKey) {
  const options = { endpoint, region, maxAttempts: 1, credentials: key };
  const [sts, ssm] = [new STSClient(options), new SSMClient(options)];
  onTestFinished(() => {
    sts.destroy();
    ssm.destroy();
  });
  return { whoAmI: () => sts.send(new GetCallerIdentityCommand({})), parameter: (Name: string) => ssm.send(new GetParameterCommand({ Name })) };
}

const alias = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id";

describe("keys", () => {
  test("that are unknown, or have another secret, are refused by each service in its own words", async () => {
    const { server: { endpoint } } = await openCloud();
    for (const key of [{ ...foreign }, { ...defaultAccessKey, secretAccessKey: "wrong" }]) {
      const { whoAmI, parameter } = others(endpoint, key);
      const unknown = key.accessKeyId === foreign.accessKeyId;
      expect(await refusal(clientOf(endpoint, { key }).send(describeInstances))).toBe("AuthFailure 401");
      expect(await refusal(whoAmI())).toBe(unknown ? "InvalidClientTokenId 403" : "SignatureDoesNotMatch 403");
      expect(await refusal(parameter(alias))).toBe(unknown ? "UnrecognizedClientException 400" : "InvalidSignatureException 400");
    }
  });

  test("that are temporary end with their time", async () => {
    const { server: { endpoint }, control } = await openCloud({ accessKeys: [temporary] });
    const ec2 = clientOf(endpoint, { key: temporary });
    await ec2.send(describeInstances);
    await control.advance(3601);
    expect(await refusal(ec2.send(describeInstances))).toBe("RequestExpired 400");
    expect(await refusal(others(endpoint, temporary).whoAmI())).toBe("ExpiredToken 403");
    expect(await refusal(others(endpoint, temporary).parameter(alias))).toBe("ExpiredTokenException 400");
  });

  test("of another account see another world, and say whose they are", async () => {
    const { server: { endpoint }, run } = await openCloud({ accessKeys: [defaultAccessKey, foreign] });
    await run();
    expect((await clientOf(endpoint, { key: foreign }).send(describeInstances)).Reservations).toEqual([]);
    expect((await others(endpoint, foreign).whoAmI()).Account).toBe("999900001111");
    expect((await others(endpoint, defaultAccessKey).whoAmI()).Account).toBe("111122223333");
  });

  test("open no region that the account did not opt in to", async () => {
    const { server: { endpoint }, ec2 } = await openCloud();
    expect(await refusal(clientOf(endpoint, { where: "me-central-1" }).send(describeInstances))).toBe("AuthFailure 401");
    const names = async (AllRegions: boolean) => (await ec2.send(new DescribeRegionsCommand({ AllRegions }))).Regions?.map(({ RegionName }) => RegionName);
    expect([await names(false), await names(true)]).toEqual([["us-east-1", "eu-west-1", "eu-central-1"], ["us-east-1", "eu-west-1", "eu-central-1", "me-central-1"]]);
    expect((await clientOf(endpoint, { where: "us-east-1" }).send(describeInstances)).Reservations).toEqual([]);
  });

  test("are asked for", async () => {
    const { server: { endpoint } } = await openCloud();
    const response = await fetch(endpoint, { method: "POST", body: "Action=DescribeInstances&Version=2016-11-15" });
    expect([response.status, await response.text()]).toEqual([403, expect.stringContaining("<Code>MissingAuthenticationToken</Code>")]);
  });
});

describe("the platform's clock", () => {
  test("that is more than five minutes off refuses signatures, and tells its time", async () => {
    const { server: { endpoint }, control } = await openCloud({ settings: { clockSkewSeconds: 290 } });
    const aheadSeconds = async () => (Date.parse((await fetch(endpoint, { method: "POST", body: "" })).headers.get("date") ?? "") - Date.now()) / 1000;
    await clientOf(endpoint).send(describeInstances);
    expect(await aheadSeconds()).toBeCloseTo(290, -1);
    await control.configure({ clockSkewSeconds: 310 });
    expect(await refusal(clientOf(endpoint).send(describeInstances))).toBe("RequestExpired 400");
    await control.configure({ clockSkewSeconds: -310 });
    expect(await refusal(clientOf(endpoint).send(describeInstances))).toBe("RequestExpired 400");
  });

  test("that was moved on is not off: time has passed for all", async () => {
    const { ec2, control } = await openCloud();
    await control.advance(86_400);
    // The first answer moves the SDK's own clock; both signatures are good.
    for (let calls = 0; calls < 2; calls++) expect(await refusal(ec2.send(describeInstances))).toBe("no error");
  });
});

describe("permissions", () => {
  test("that are missing are told by each service, also in a dry run", async () => {
    const { server: { endpoint }, ec2, control } = await openCloud({ settings: { denied: ["RunInstances", "GetParameter"] } });
    expect(await refusal(ec2.send(new RunInstancesCommand(launch)))).toBe("UnauthorizedOperation 403");
    expect(await refusal(ec2.send(new RunInstancesCommand({ ...launch, DryRun: true })))).toBe("UnauthorizedOperation 403");
    const error: unknown = await ec2.send(new RunInstancesCommand(launch)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: expect.stringContaining("ec2:RunInstances") });
    expect(await refusal(others(endpoint, defaultAccessKey).parameter(alias))).toBe("AccessDeniedException 400");
    expect((await control.books()).instances).toEqual([]);
  });

  test("to tag are needed by a launch that tags", async () => {
    const { run } = await openCloud({ settings: { denied: ["CreateTags"] } });
    const error: unknown = await run({ TagSpecifications: tagged({ owner: "o-1" }) }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "UnauthorizedOperation", message: expect.stringContaining("ec2:CreateTags") });
    await run();
  });

  test("that are there: a dry run does nothing and says that it would have", async () => {
    const { ec2, control } = await openCloud();
    expect(await refusal(ec2.send(new RunInstancesCommand({ ...launch, DryRun: true })))).toBe("DryRunOperation 412");
    expect(await refusal(ec2.send(new RunInstancesCommand({ ...launch, ImageId: "ami-00000000000000000", DryRun: true })))).toBe("InvalidAMIID.NotFound 400");
    expect(await refusal(ec2.send(new DescribeInstancesCommand({ DryRun: true })))).toBe("DryRunOperation 412");
    expect((await control.books()).instances).toEqual([]);
    expect((await control.calls()).map(({ action, dryRun, status }) => [action, dryRun, status])).toEqual([["RunInstances", true, 412], ["RunInstances", true, 400], ["DescribeInstances", true, 412]]);
  });
});

test("Systems Manager names the newest image, and no parameter that there is not", async () => {
  const { parameter } = others((await openCloud()).server.endpoint, defaultAccessKey);
  expect((await parameter(alias)).Parameter?.Value).toBe(ubuntu);
  expect(await refusal(parameter("/aws/service/canonical/ubuntu/server/99.04/stable/current/amd64/hvm/ebs-gp3/ami-id"))).toBe("ParameterNotFound 400");
});
