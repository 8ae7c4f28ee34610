import { DescribeInstancesCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { clientOf, launch, openCloud, refusal } from "./fixtures/open-cloud.ts";

const failingReads = (seed: number) => ({ background: { seed, faults: [{ actions: ["DescribeInstances"], share: 0.5, effect: { kind: "error", status: 500, code: "InternalError" } } as const] } });

async function twentyReads(seed: number): Promise<string> {
  const { ec2, control } = await openCloud();
  await control.configure(failingReads(seed));
  let answers = "";
  for (let i = 0; i < 20; i++) answers += await refusal(ec2.send(new DescribeInstancesCommand({}))) === "no error" ? "." : "x";
  return answers;
}

test("the same seed and calls meet the same faults, about as many as their share; another seed meets others", async () => {
  const first = await twentyReads(1);
  expect(first).toMatch(/^(?=.*x.*x.*x.*x)(?=.*\..*\..*\..*\.)/);
  expect(await twentyReads(1)).toBe(first);
  expect(await twentyReads(2)).not.toBe(first);
});

test("they pass when the SDK sends again, concern no other action, and outlast heal", async () => {
  const { server, control, run } = await openCloud();
  await control.configure({ background: { seed: 1, faults: [{ actions: ["DescribeInstances"], share: 1, effect: { kind: "page", status: 502 } }] } });
  await control.heal();
  await run();
  await clientOf(server.endpoint, { maxAttempts: 2 }).send(new DescribeInstancesCommand({}));
  expect((await control.calls()).map(({ action, status, inBackground }) => [action, status, inBackground])).toEqual([["RunInstances", 200, undefined], ["DescribeInstances", 502, true], ["DescribeInstances", 200, undefined]]);
});

test("those that persist meet what the SDK sends again of the call, and no other call", async () => {
  const { server, control } = await openCloud();
  await control.configure({ background: { seed: 1, faults: [{ actions: ["DescribeInstances"], share: 1, effect: { kind: "error", status: 503, code: "Unavailable" }, persists: true }] } });
  expect(await refusal(clientOf(server.endpoint, { maxAttempts: 3 }).send(new DescribeInstancesCommand({})))).toBe("Unavailable 503");
  await control.configure({ background: { seed: 1, faults: [] } });
  expect(await refusal(clientOf(server.endpoint, { maxAttempts: 3 }).send(new DescribeInstancesCommand({})))).toBe("no error");
  expect((await control.calls()).map(({ status }) => status)).toEqual([503, 503, 503, 200]);
});

test("a read may be older than the one before it", async () => {
  const { ec2, control } = await openCloud();
  const seen = async () => (await ec2.send(new DescribeInstancesCommand({}))).Reservations?.length;
  await ec2.send(new RunInstancesCommand(launch));
  expect(await seen()).toBe(1);
  await control.addFault({ action: "DescribeInstances", effect: { kind: "stale", ageSeconds: 60 } });
  expect([await seen(), await seen()]).toEqual([0, 1]);
  await control.advance(61);
  await control.addFault({ action: "DescribeInstances", effect: { kind: "stale", ageSeconds: 60 } });
  expect(await seen()).toBe(1);
});
