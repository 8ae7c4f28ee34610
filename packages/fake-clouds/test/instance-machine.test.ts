import { DescribeInstancesCommand, GetConsoleOutputCommand, type RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { findExitReport } from "@bridge/backend-kit";
import { describe, expect, test } from "vitest";
import { openCloud, refusal } from "./fixtures/open-cloud.ts";
import { controlOf, exitMac, requestKey, startRequest, userDataFor } from "./fixtures/open-machine.ts";
import { openGroup } from "./fixtures/small-ec2-backend.ts";

const limits = { timeoutSeconds: 5 };

/** An instance that is a machine, reached as a backend reaches it: by what DescribeInstances says. */
async function openInstance(input: Partial<RunInstancesCommandInput> = {}) {
  const cloud = await openCloud({ settings: { machines: "ssh", powerOffSeconds: 0 } });
  const { InstanceId = "" } = await cloud.run({
    SecurityGroupIds: [await openGroup(cloud.ec2)], UserData: Buffer.from(userDataFor()).toString("base64"), InstanceInitiatedShutdownBehavior: "terminate", ...input,
  });
  await cloud.control.advance(1);
  const describeIt = async () => (await cloud.ec2.send(new DescribeInstancesCommand({ InstanceIds: [InstanceId] }))).Reservations?.[0]?.Instances?.[0];
  const at = { host: (await describeIt())?.PublicIpAddress ?? "", port: cloud.server.sshPort };
  const output = async (Latest: boolean) => Buffer.from((await cloud.ec2.send(new GetConsoleOutputCommand({ InstanceId, Latest }))).Output ?? "", "base64").toString();
  const state = async () => (await describeIt())?.State?.Name;
  const untilState = async (wanted: string) => {
    for (let tries = 0; tries < 100 && await state() !== wanted; tries++) await new Promise((resolve) => void setTimeout(resolve, 20));
    expect(await state()).toBe(wanted);
  };
  return { ...cloud, at, InstanceId, describeIt, output, untilState };
}

describe("an instance", () => {
  test("ends when its guest powers off, and its console still says how the workload ended", async () => {
    const { at, describeIt, output, untilState, control } = await openInstance();
    const session = await controlOf(at);
    await session.run("start", { ...limits, request: startRequest({ command: ["/bin/sh", "-c", "exit 7"] }) });
    await untilState("terminated");
    expect((await describeIt())?.StateReason?.Code).toBe("Client.InstanceInitiatedShutdown");
    expect(findExitReport(await output(true), { requestKey, attempt: 1 }, exitMac)).toEqual({ code: 7 });
    expect((await control.books()).instances).toMatchObject([{ starts: 1, state: "terminated" }]);
  });

  test("stays, stopped and with its disk, where the request did not say terminate", async () => {
    const { at, untilState, control } = await openInstance({ InstanceInitiatedShutdownBehavior: undefined });
    await (await controlOf(at)).run("start", { ...limits, request: startRequest({ command: ["/bin/true"] }) });
    await untilState("stopped");
    expect((await control.books()).things.map(({ kind, note }) => `${kind} ${note}`)).toEqual(expect.arrayContaining(["instance stopped", expect.stringContaining("volume of")]));
  });

  test("shows with Latest what is on its console, and without what was there when its state last changed; both may lag", async () => {
    const { at, output, control } = await openInstance();
    await (await controlOf(at)).run("status", limits);
    expect([await output(true), await output(false)]).toEqual([expect.stringContaining("cloud-init: finished"), ""]);
    await control.configure({ consoleLagSeconds: 60 });
    expect(await output(true)).toBe("");
    await control.advance(61);
    expect(await output(true)).toContain("cloud-init: finished");
  });

  test("is not reached by SSH while no security group lets anybody in", async () => {
    const { at } = await openInstance({ SecurityGroupIds: undefined });
    await expect(controlOf({ ...at, timeoutSeconds: 0.3 })).rejects.toMatchObject({ code: "timeout" });
  });

  test("that vanished is gone from list, console and network", async () => {
    const { at, InstanceId, describeIt, output, control } = await openInstance();
    await controlOf(at);
    await control.vanish(InstanceId);
    expect([await refusal(describeIt()), await refusal(output(true))]).toEqual(["InvalidInstanceID.NotFound 400", "InvalidInstanceID.NotFound 400"]);
    await expect(controlOf(at)).rejects.toMatchObject({ code: "unavailable" });
    expect((await control.books()).things).toEqual([]);
  });
});
