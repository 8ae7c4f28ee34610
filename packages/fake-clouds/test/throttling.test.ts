import { DescribeInstancesCommand, RunInstancesCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { launch, openCloud, refusal } from "./fixtures/open-cloud.ts";

/** How many of so many calls at once are answered; all others must be throttled. */
async function answered(calls: number, send: () => Promise<unknown>): Promise<number> {
  const answers = await Promise.all(Array.from({ length: calls }, () => refusal(send())));
  expect(answers.filter((answer) => answer !== "no error" && answer !== "RequestLimitExceeded 503")).toEqual([]);
  return answers.filter((answer) => answer === "no error").length;
}

// Buckets refill by time that really passes, so that a slow computer may be answered a little more often.
const about = (bucket: number, perSecond: number) => (count: number) => count >= bucket && count <= bucket + 5 * perSecond;

test("RunInstances has a bucket of five that refills by two a second", async () => {
  const { ec2, control } = await openCloud({ settings: { throttling: true } });
  const run = () => ec2.send(new RunInstancesCommand(launch));
  expect(await answered(20, run)).toSatisfy(about(5, 2));
  await control.advance(2);
  expect(await answered(20, run)).toSatisfy(about(4, 2));
});

test("lists have a bucket of a hundred, and of fifty without filter and page", async () => {
  const { ec2 } = await openCloud({ settings: { throttling: true } });
  expect(await answered(180, () => ec2.send(new DescribeInstancesCommand({})))).toSatisfy(about(50, 10));
  expect(await answered(250, () => ec2.send(new DescribeInstancesCommand({ MaxResults: 1000 })))).toSatisfy(about(100, 20));
});

test("TerminateInstances has that of changes, and one for the instances that it is about", async () => {
  const { ec2, control } = await openCloud({ settings: { throttling: true } });
  const { Instances: [instance] = [] } = await ec2.send(new RunInstancesCommand(launch));
  const InstanceIds = [instance?.InstanceId ?? ""];
  expect(await answered(100, () => ec2.send(new TerminateInstancesCommand({ InstanceIds })))).toSatisfy(about(50, 5));
  await control.configure({ throttling: false });
  expect(await answered(100, () => ec2.send(new TerminateInstancesCommand({ InstanceIds })))).toBe(100);
});

test("a launch of more instances than are left in their bucket is throttled", async () => {
  const { ec2 } = await openCloud({ settings: { throttling: true } });
  await ec2.send(new RunInstancesCommand({ ...launch, MaxCount: 900 }));
  expect(await refusal(ec2.send(new RunInstancesCommand({ ...launch, MaxCount: 900 })))).toBe("RequestLimitExceeded 503");
});
