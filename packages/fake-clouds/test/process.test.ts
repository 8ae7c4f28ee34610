import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { DescribeInstancesCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { expect, onTestFinished, test } from "vitest";
import { connectEc2Control } from "../src/index.ts";
import { clientOf, launch, refusal, tagged } from "./fixtures/open-cloud.ts";

async function startProcess(): Promise<{ readonly child: ChildProcess; readonly endpoint: string }> {
  const program = fileURLToPath(new URL("../src/main.ts", import.meta.url));
  const child = spawn(process.execPath, [program, "--port", "0", "--with-parent"], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  if (child.stdout === null) throw new Error("the process has no output");
  const [line] = await once(createInterface(child.stdout), "line") as [string];
  const { endpoint } = JSON.parse(line) as { endpoint: string };
  return { child, endpoint };
}

test("a fake EC2 in a process of its own is used and controlled over HTTP, and ends with its parent", async () => {
  const { child, endpoint } = await startProcess();
  const control = await connectEc2Control(endpoint);
  const ec2 = clientOf(endpoint);
  await control.configure({ machines: "none" });
  await control.addFault({ action: "RunInstances", effect: { kind: "lose answer" } });
  expect(await refusal(ec2.send(new RunInstancesCommand({ ...launch, TagSpecifications: tagged({ owner: "o-1" }) })))).toBe("TimeoutError");
  const before = control.now();
  await control.advance(7200);
  expect(control.now() - before).toBeGreaterThanOrEqual(7_200_000);
  expect((await ec2.send(new DescribeInstancesCommand({}))).Reservations?.[0]?.Instances?.[0]?.State?.Name).toBe("running");
  expect((await control.books()).instances).toMatchObject([{ tags: { owner: "o-1" }, state: "running" }]);
  expect((await control.calls()).map(({ action, fault, status }) => [action, fault, status])).toEqual([["RunInstances", "lose answer", undefined], ["DescribeInstances", undefined, 200]]);
  expect(await control.violations()).toEqual([]);
  await expect(control.vanish("i-0")).rejects.toMatchObject({ message: expect.stringContaining("no instance i-0") });
  child.stdin?.end();
  expect((await once(child, "exit"))[0]).toBe(0);
});
