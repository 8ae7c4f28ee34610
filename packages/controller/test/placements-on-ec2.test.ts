import type { ConfiguredBackend, RoutingStep } from "@bridge/core";
import { generateSshKeyPair } from "@bridge/core/keys";
import { memory } from "@bridge/core/memory";
import { defaultAccessKey, Ec2Server, type Ec2Settings } from "@bridge/fake-clouds";
import { afterEach, expect, test } from "vitest";
import aws from "../../backend-aws/test/fixtures/fast-plugin.ts";
import { Controller } from "../src/index.ts";
import { grantOf, masterSecret } from "./fixtures/setting.ts";

const envelope = { sshPublicKey: generateSshKeyPair().publicKey, command: ["/bin/sh", "-c", "sleep 600"] };
const { accessKeyId, secretAccessKey } = defaultAccessKey;

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

/** A controller on a fake EC2 with two subnets, in zones a and b, and whatever comes after it. */
async function controllerOnEc2({ settings, instanceTypes, then = [], maxAttempts = 3 }: { readonly settings: Partial<Ec2Settings>; readonly instanceTypes: readonly string[]; readonly then?: readonly ConfiguredBackend[]; readonly maxAttempts?: number }) {
  const server = new Ec2Server({ settings });
  await server.listen();
  open.push({ [Symbol.asyncDispose]: () => server.close() });
  const subnets = await Promise.all(["eu-west-1a", "eu-west-1b"].map((zone) => server.control.addSubnet({ region: "eu-west-1", zone })));
  const options = { regions: ["eu-west-1"], subnets: { "eu-west-1": subnets }, instanceTypes, endpoint: server.endpoint, sshPort: server.sshPort, credentials: { accessKeyId, secretAccessKey } };
  const controller = await Controller.open({ owner: "owner", providerId: "provider", masterSecret, ledger: { file: ":memory:" }, backends: [{ plugin: aws, options }, ...then], settings: { maxAttempts } });
  open.push(controller);
  await controller.start();
  const serve = async () => {
    const now = Math.floor(Date.now() / 1000);
    const { requestKey } = await controller.submitTrusted(grantOf("request-1", { validFrom: now - 1, validTo: now + 3600 }), envelope);
    return controller.waitFor(requestKey, "running");
  };
  return { controller, control: server.control, serve };
}

const soldOut = (instanceType: string) => ({ instanceType, remaining: 0 });
const failedAt = (attempt: number, zone: string, size: string) =>
  expect.objectContaining({ backend: "aws", attempt, verdict: "failed", reason: "no_capacity", placement: expect.objectContaining({ size, resolved: expect.objectContaining({ zone }) }) });

/** Without the places that are passed over at a later attempt, since they failed at an earlier one. */
const tried = (routing: readonly RoutingStep[]) => routing.filter(({ verdict }) => verdict !== "skipped");

test("two zones and a type without capacity: the third candidate serves, as attempt 3", async () => {
  const { controller, control, serve } = await controllerOnEc2({ settings: { capacity: [soldOut("t3.micro")] }, instanceTypes: ["t3.micro", "t3.small"] });
  const { requestKey, routing, attempts } = await serve();
  expect(tried(routing)).toEqual([
    failedAt(1, "eu-west-1a", "t3.micro"), failedAt(2, "eu-west-1b", "t3.micro"),
    expect.objectContaining({ backend: "aws", attempt: 3, verdict: "served", placement: expect.objectContaining({ size: "t3.small" }) }),
  ]);
  expect(attempts.map(({ state }) => state)).toEqual(["closed", "closed", "running"]);
  expect((await control.books()).instances).toHaveLength(1);
  await controller.cancel(requestKey);
  await controller.waitFor(requestKey, "settled");
});

test("nothing left on EC2: the next backend serves, and the routing record says why", async () => {
  const { control, serve } = await controllerOnEc2({ settings: { capacity: [{ remaining: 0 }] }, instanceTypes: ["t3.micro"], then: [memory({})] });
  const { routing, attempts } = await serve();
  expect(tried(routing)).toEqual([
    failedAt(1, "eu-west-1a", "t3.micro"), failedAt(2, "eu-west-1b", "t3.micro"),
    expect.objectContaining({ backend: "memory", attempt: 3, verdict: "served", reason: "ok" }),
  ]);
  expect(attempts.at(-1)).toMatchObject({ backend: "memory", state: "running" });
  expect(await control.books()).toMatchObject({ instances: [], things: [] });
});
