import { DescribeInstancesCommand, RunInstancesCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import type { FaultEffect } from "../src/index.ts";
import { clientOf, launch, openCloud, refusal, tagged } from "./fixtures/open-cloud.ts";

/** The SDK's name for a connection that was reset. */
const reset = "TimeoutError";

/** A launch that meets a fault: what its sender hears, and how many instances there are then. */
async function launchInto(effect: FaultEffect, { timeoutMs = 10_000 } = {}) {
  const cloud = await openCloud();
  await cloud.control.addFault({ action: "RunInstances", effect });
  const answer = await refusal(cloud.ec2.send(new RunInstancesCommand(launch), { abortSignal: AbortSignal.timeout(timeoutMs) }));
  const made = async () => (await cloud.control.books()).instances.length;
  return { ...cloud, answer, made };
}

describe("a launch", () => {
  test("that is refused makes nothing", async () => {
    const { answer, made } = await launchInto({ kind: "error", status: 503, code: "Unavailable" });
    expect([answer, await made()]).toEqual(["Unavailable 503", 0]);
  });

  test("whose request is lost is reset and makes nothing; the log has it, without an answer", async () => {
    const { answer, made, control } = await launchInto({ kind: "lose request" });
    expect([answer, await made()]).toEqual([reset, 0]);
    expect(await control.calls()).toMatchObject([{ action: "RunInstances", fault: "lose request", parameters: { InstanceType: "t3.micro" } }]);
    expect((await control.calls())[0]?.status).toBeUndefined();
  });

  test("whose answer is lost is reset and makes one", async () => {
    const { answer, made } = await launchInto({ kind: "lose answer" });
    expect([answer, await made()]).toEqual([reset, 1]);
  });

  test("whose answer is lost may take effect later", async () => {
    const { answer, made, control } = await launchInto({ kind: "lose answer", afterSeconds: 60 });
    expect([answer, await made()]).toEqual([reset, 0]);
    await control.advance(61);
    expect(await made()).toBe(1);
  });

  test("that is slow is answered when it has taken effect", async () => {
    const { answer, made } = await launchInto({ kind: "slow", seconds: 0.2 });
    expect([answer, await made()]).toEqual(["no error", 1]);
  });

  test("that hangs is never answered, whether it takes effect or not", async () => {
    const without = await launchInto({ kind: "hang", takesEffect: false }, { timeoutMs: 1000 });
    const having = await launchInto({ kind: "hang", takesEffect: true }, { timeoutMs: 1000 });
    expect([without.answer, await without.made(), having.answer, await having.made()]).toEqual(["AbortError", 0, "AbortError", 1]);
  });

  test("whose answer breaks off has taken effect", async () => {
    const { answer, made } = await launchInto({ kind: "break off" });
    expect([answer, await made()]).toEqual(["Error 200", 1]);
  });

  test("that a proxy answers in HTML makes nothing", async () => {
    const { answer, made } = await launchInto({ kind: "page", status: 502 });
    expect(answer).toMatch(/502$/);
    expect(await made()).toBe(0);
  });
});

test("a fault that is answered concerns the SDK's own retries as well; a lost one does not", async () => {
  const { server, control } = await openCloud();
  const ec2 = clientOf(server.endpoint, { maxAttempts: 3 });
  await control.addFault({ action: "DescribeInstances", effect: { kind: "error", status: 500, code: "InternalError" } });
  expect(await refusal(ec2.send(new DescribeInstancesCommand({})))).toBe("InternalError 500");
  expect(await control.calls()).toHaveLength(3);
  await control.addFault({ action: "DescribeInstances", effect: { kind: "lose request" } });
  await ec2.send(new DescribeInstancesCommand({}));
  expect(await control.calls()).toHaveLength(5);
});

test("a launch without a token is given one by the SDK, the same on its retries, so that a lost answer makes one instance", async () => {
  const { server, control } = await openCloud();
  await control.addFault({ action: "RunInstances", effect: { kind: "lose answer" } });
  await clientOf(server.endpoint, { maxAttempts: 3 }).send(new RunInstancesCommand(launch));
  expect((await control.books()).instances).toHaveLength(1);
});

test("faults wait for the calls that they fit, so many times, and are taken back by heal", async () => {
  const { ec2, run, control } = await openCloud();
  await control.addFault({ action: "DescribeInstances", times: 2, listsOnly: true, effect: { kind: "error", status: 400, code: "Blocked" } });
  const { InstanceId = "" } = await run();
  await ec2.send(new DescribeInstancesCommand({ InstanceIds: [InstanceId] }));
  expect(await refusal(ec2.send(new DescribeInstancesCommand({})))).toBe("Blocked 400");
  await control.heal();
  await ec2.send(new DescribeInstancesCommand({}));
});

test("a fault of one region leaves the others alone", async () => {
  const { server, ec2, control } = await openCloud();
  await control.addFault({ action: "DescribeInstances", region: "us-east-1", times: 100, effect: { kind: "error", status: 500, code: "InternalError" } });
  await ec2.send(new DescribeInstancesCommand({}));
  expect(await refusal(clientOf(server.endpoint, { where: "us-east-1" }).send(new DescribeInstancesCommand({})))).toBe("InternalError 500");
});

test("one instance can take its time to end", async () => {
  const { ec2, run, control } = await openCloud();
  const [a = "", b = ""] = [(await run()).InstanceId, (await run({ TagSpecifications: tagged({ owner: "o-1" }) })).InstanceId];
  await control.slowNextEnd(100);
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [a] }));
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [b] }));
  await control.advance(50);
  expect((await control.books()).instances.map(({ state }) => state)).toEqual(["shutting-down", "terminated"]);
});
