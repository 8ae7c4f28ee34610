import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ec2For, leaseSeconds, movedBy } from "./fixtures/ec2.ts";
import { Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(() => { sandbox = new Sandbox(); });
afterEach(() => sandbox.dispose());

const heartbeat = (): unknown => JSON.parse(sandbox.read("bridge-reaper.json"));

describe("on EC2, without a ledger and without the master secret", () => {
  let world: Awaited<ReturnType<typeof ec2For>>;
  beforeEach(async () => { world = await ec2For(sandbox); });
  afterEach(() => world.ec2.close());

  /** Moves EC2's clock, and gives the program's. */
  const later = async (seconds: number) => {
    await world.control.advance(seconds);
    return movedBy(seconds);
  };

  test("what is past its deadline by two minutes is ended, of whichever ledger and entry; what is of another owner, or not due, lives", async () => {
    const { lease, running, configure } = world;
    await lease({ requestId: "one", ledgerId: "ledger-1" });
    await lease({ requestId: "two", ledgerId: "ledger-2" });
    const other = await lease({ requestId: "three", owner: "somebody-else" });
    configure({ name: "renamed" });
    const early = await sandbox.run(["reap"], await later(leaseSeconds + 60));
    expect([early.code, early.stdout, early.stderr]).toEqual([0, "nothing is past its deadline; 2 left alone\n", ""]);
    const setting = movedBy(leaseSeconds + 60 + 100);
    await world.control.advance(100);
    const { code, stdout } = await sandbox.run(["reap"], setting);
    expect(stdout).toMatch(/^(ended: attempt 1 of [a-z2-7]{26} on aws i-[0-9a-f]+, due since .*Z\n){2}2 ended, 0 failed; 0 left alone\n$/);
    expect([code, await running()]).toEqual([0, [other.instanceId]]);
    expect(heartbeat()).toMatchObject({ owner: "tester", ended: 2, failed: 0, passedOver: 0 });
    expect(await world.control.violations()).toEqual([]);
    expect(readdirSync(sandbox.folder).filter((name) => name.startsWith("bridge-"))).toEqual(["bridge-reaper.json"]);
  });

  test("--report-only tells, ends nothing, and leaves no heartbeat", async () => {
    const { instanceId } = await world.lease();
    const { code, stdout } = await sandbox.run(["reap", "--report-only"], await later(leaseSeconds + 150));
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^would end: attempt 1 of .*\n1 would be ended, 0 failed; 0 left alone\n$/)]);
    expect(await world.running()).toEqual([instanceId]);
    expect(existsSync(`${sandbox.folder}/bridge-reaper.json`)).toBe(false);
  });

  test("a clock that is wrong ends nothing, says so, and ends with 1", async () => {
    const { instanceId } = await world.lease();
    const { code, stdout } = await sandbox.run(["reap"], movedBy(leaseSeconds + 150));
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^passed over: aws:\d{12}:eu-west-1: this computer's clock and the platform's differ by 19\d\d s; .*\nnothing is past its deadline; 1 left alone\n$/)]);
    expect(await world.running()).toEqual([instanceId]);
    expect(heartbeat()).toMatchObject({ passedOver: 1 });
  });

  test("two at once end everything once, and one whole heartbeat is left", async () => {
    await world.lease();
    const setting = await later(leaseSeconds + 150);
    const both = await Promise.all([sandbox.run(["reap", "--json"], setting), sandbox.run(["reap", "--json"], setting)]);
    expect(both.map(({ code, stderr }) => [code, stderr])).toEqual([[0, ""], [0, ""]]);
    expect(await world.running()).toEqual([]);
    expect(heartbeat()).toMatchObject({ owner: "tester", failed: 0 });
    expect(readdirSync(sandbox.folder).filter((name) => name.startsWith("bridge-reaper"))).toEqual(["bridge-reaper.json"]);
  });
});

const odd = fileURLToPath(new URL("fixtures/odd-backend.ts", import.meta.url));
const holds = [{ requestKey: "a".repeat(26), instanceId: "odd-7", deadlineMs: 1 }];

/** The smallest config that a reaper needs. */
function configure(...entries: readonly object[]): void {
  sandbox.write("bridge.yaml", { owner: "tester", providerId: "provider.example", backends: entries.map((options, index) => ({ use: odd, name: `odd-${index}`, options })) });
}

test("a config without any master secret will do", async () => {
  configure({ holds: [{ ...holds[0], requestKey: "b".repeat(26) }] });
  expect(await sandbox.run(["reap"])).toMatchObject({ code: 0, stdout: expect.stringContaining("1 ended, 0 failed") });
  expect((await sandbox.run(["list"])).code).toBe(2);
});

test("a scope that is incomplete is passed over whatever it shows, with its reason; exit code 1", async () => {
  configure({ incompleteList: true, holds });
  const { code, stdout } = await sandbox.run(["reap"]);
  expect([code, stdout]).toEqual([1, "passed over: odd-scope: the list was cut off\nnothing is past its deadline; 1 left alone\n"]);
  const asJson = await sandbox.run(["reap", "--json"]);
  expect([asJson.code, JSON.parse(asJson.stdout)]).toMatchObject([1, { owner: "tester", reportOnly: false, attempts: [], passedOver: [{ scope: "odd-scope", reason: { code: "unavailable" } }], left: 1 }]);
});

test("an end that is refused is told with the attempt; exit code 1", async () => {
  configure({ holds, terminateFails: "forbidden" });
  const { code, stdout } = await sandbox.run(["reap"]);
  expect([code, stdout]).toEqual([1, expect.stringMatching(/^failed: attempt 1 of a{26} on odd-0 odd-7, due since 1970-.*: it may not be ended\n0 ended, 1 failed; 0 left alone\n$/)]);
  expect(heartbeat()).toMatchObject({ ended: 0, failed: 1 });
});

test("a heartbeat that cannot be left is an error, after what was done was told", async () => {
  configure({ holds });
  const { code, stdout, stderr } = await sandbox.run(["reap", "--heartbeat", "missing/heartbeat.json"]);
  expect([code, stdout, stderr]).toEqual([1, expect.stringContaining("1 ended, 0 failed"), expect.stringContaining("missing/heartbeat.json")]);
});

test("the heartbeat goes where it is told, for doctor too", async () => {
  configure({});
  expect((await sandbox.run(["reap", "--heartbeat", "elsewhere.json"])).code).toBe(0);
  expect(JSON.parse(sandbox.read("elsewhere.json"))).toEqual({ atMs: expect.any(Number), owner: "tester", ended: 0, failed: 0, passedOver: 0 });
  expect(existsSync(`${sandbox.folder}/bridge-reaper.json`)).toBe(false);
});
