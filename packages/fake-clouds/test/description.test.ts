import { type RunInstancesCommandInput, CreateVpcCommand, DescribeInstancesCommand, RunInstancesCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { checkValue } from "../src/aws/check-value.ts";
import { readQuery } from "../src/aws/query-request.ts";
import { descriptionOf } from "../src/ec2/services.ts";
import { actionsOf } from "../src/ec2/actions/all-actions.ts";
import { clientOf, launch, openCloud, refusal, tagged } from "./fixtures/open-cloud.ts";

const ec2 = descriptionOf("ec2");
const problemsOf = (action: string, form: string) =>
  checkValue(ec2, readQuery(ec2, action, new URLSearchParams(form), "ec2"), ec2.input(action)).map(({ path, problem }) => `${path} ${problem}`);

describe("the published description", () => {
  test("finds unknown, missing and mistyped members of a request, at any depth", () => {
    const whole = "MinCount=1&MaxCount=1&TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=a&BlockDeviceMapping.1.Ebs.DeleteOnTermination=true";
    expect(problemsOf("RunInstances", whole)).toEqual([]);
    expect(problemsOf("RunInstances", whole.replace("MinCount=1&", ""))).toEqual(["MinCount is missing"]);
    expect(problemsOf("RunInstances", whole.replace("MinCount=1", "MinCount=one"))).toEqual(['MinCount is no integer: "one"']);
    expect(problemsOf("RunInstances", whole.replace("Tag.1.Key", "Tag.1.Kee"))).toEqual(["TagSpecifications[0].Tags[0].Kee is unknown"]);
    expect(problemsOf("RunInstances", whole.replace("Tag.1.Key", "Tag.2.Key"))).toEqual(["TagSpecifications[0].Tags is no list"]);
    expect(problemsOf("RunInstances", whole.replace("=true", "=yes"))).toEqual(['BlockDeviceMappings[0].Ebs.DeleteOnTermination is no boolean: "yes"']);
    expect(problemsOf("RunInstances", whole.replace("=instance", "=instanze"))).toEqual([expect.stringMatching(/^TagSpecifications\[0\]\.ResourceType "instanze" is none of .*network-interface/)]);
    expect(problemsOf("RunInstances", `${whole}&Placement=here`)).toEqual(["Placement is no structure"]);
    expect(problemsOf("RunInstances", `${whole}&InstanceType=m99.metal`)).toEqual([]);
  });

  test("finds them in answers, too", () => {
    const root = ec2.output("DescribeInstances");
    const problems = (answer: object) => checkValue(ec2, answer, root).map(({ path, problem }) => `${path} ${problem}`);
    expect(problems({ Reservations: [{ Instances: [{ InstanceId: "i-1", LaunchTime: new Date(), AmiLaunchIndex: 0, State: { Name: "running", Code: 16 } }] }] })).toEqual([]);
    expect(problems({ Reservations: [{ Instances: [{ InstanceID: "i-1", LaunchTime: "now", AmiLaunchIndex: "0", State: { Name: "asleep" } }] }] })).toEqual([
      "Reservations[0].Instances[0].InstanceID is unknown", 'Reservations[0].Instances[0].LaunchTime is no timestamp: "now"',
      'Reservations[0].Instances[0].AmiLaunchIndex is no integer: "0"', expect.stringContaining('State.Name "asleep" is none of pending'),
    ]);
  });

  test("has every action of the fake, with every member that it says it understands", () => {
    for (const service of ["ec2", "sts", "ssm", "servicequotas"] as const) {
      const description = descriptionOf(service);
      for (const [name, { understands }] of Object.entries(actionsOf[service])) {
        expect(description.has(name), name).toBe(true);
        expect(understands.filter((member) => description.input(name).shape.members?.[member] === undefined), name).toEqual([]);
      }
    }
  });
});

describe("a request that breaks it", () => {
  const broken: readonly (readonly [what: string, input: RunInstancesCommandInput, answer: string, path: string])[] = [
    ["a missing member", { ...launch, MinCount: undefined }, "MissingParameter 400", "MinCount"],
    ["a mistyped member", { ...launch, MinCount: "one" as unknown as number }, "InvalidParameterValue 400", "MinCount"],
    ["a word that is none of an enumeration", { ...launch, InstanceInitiatedShutdownBehavior: "destroy" as "stop" }, "InvalidParameterValue 400", "InstanceInitiatedShutdownBehavior"],
    ["a member that the fake does not do", { ...launch, LaunchTemplate: { LaunchTemplateName: "mine" } }, "UnsupportedOperation 400", "LaunchTemplate"],
  ];
  test.each(broken)("is refused and written down: %s", async (_what, input, answer, path) => {
    const { ec2: client, control } = await openCloud({ violates: true });
    expect(await refusal(client.send(new RunInstancesCommand(input)))).toBe(answer);
    expect(await control.violations()).toMatchObject([{ action: "RunInstances", in: "request", path }]);
    expect((await control.books()).instances).toEqual([]);
  });

  test("is refused and written down: an action that the fake does not do", async () => {
    const { ec2: client, control } = await openCloud({ violates: true });
    expect(await refusal(client.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" })))).toBe("UnsupportedOperation 400");
    expect(await refusal(client.send(new TerminateInstancesCommand({ InstanceIds: undefined })))).toBe("MissingParameter 400");
    expect(await control.violations()).toHaveLength(2);
  });

  test("is seen although the SDK drops what is misspelt: the log holds what arrived", async () => {
    const { server, control } = await openCloud();
    const misspelt = { ...launch, Placement: { AvailabilityZon: "eu-west-1a" }, TagSpecifications: tagged({ owner: "o-1" }) };
    await clientOf(server.endpoint).send(new RunInstancesCommand(misspelt as RunInstancesCommandInput));
    const [call] = await control.calls();
    expect([call?.parameters["Placement"], call?.parameters["TagSpecifications"]]).toEqual([undefined, tagged({ owner: "o-1" })]);
  });
});

test("text arrives and comes back as it was, whatever is in it", async () => {
  const { run, ec2: client } = await openCloud();
  const value = `<a href="x">&amp; 'ü' ${"\u{1f600}"} a+b=c%20d`;
  await run({ TagSpecifications: tagged({ value }) });
  const [instance] = (await client.send(new DescribeInstancesCommand({ Filters: [{ Name: "tag:value", Values: [value] }] }))).Reservations?.[0]?.Instances ?? [];
  expect(instance?.Tags).toEqual([{ Key: "value", Value: value }]);
});
