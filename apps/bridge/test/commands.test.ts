import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exampleGrant, examplePath, Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(() => { sandbox = new Sandbox(); });
afterEach(() => sandbox.dispose());

const withGrant = (changes: object = {}, manifest: object = {}) => sandbox.write("grant.json", exampleGrant(changes, manifest));

describe("init", () => {
  test("writes a config and a secret that only its owner can read, and says what is next", async () => {
    const { code, stdout } = await sandbox.run(["init"]);
    expect(code).toBe(0);
    expect(stdout).toContain("bridge check");
    expect(sandbox.read("bridge.secret")).toMatch(/^[0-9a-f]{64}\n$/);
    expect(statSync(join(sandbox.folder, "bridge.secret")).mode & 0o777).toBe(0o600);
    expect((await sandbox.run(["check"])).code).toBe(0);
  });

  test("refuses to overwrite a config, and leaves it as it is", async () => {
    const path = sandbox.write("bridge.yaml", "mine");
    const { code, stderr } = await sandbox.run(["init"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--force");
    expect(sandbox.read("bridge.yaml")).toBe("mine");
    expect(path).toContain("bridge.yaml");
  });

  test("with --force replaces the config and keeps the secret", async () => {
    await sandbox.run(["init", "--owner", "first"]);
    const secret = sandbox.read("bridge.secret");
    expect((await sandbox.run(["init", "--force", "--owner", "second"])).code).toBe(0);
    expect(sandbox.read("bridge.secret")).toBe(secret);
    expect(sandbox.read("bridge.yaml")).toContain("second");
  });

  test("never prints the secret", async () => {
    const { stdout, stderr } = await sandbox.run(["init", "--verbose"]);
    expect(`${stdout}${stderr}`).not.toContain(sandbox.read("bridge.secret").trim());
  });

  test("does not take a damaged secret for one", async () => {
    sandbox.write("bridge.secret", "");
    const { code, stderr } = await sandbox.run(["init"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("bridge.secret")]);
  });

  test("writes the backends asked for, the clouds in their order, the local one last", async () => {
    await sandbox.run(["init", "--backend", "local", "--backend", "baremetal", "--backend", "aws"]);
    expect(sandbox.read("bridge.yaml").match(/(?<=use: ").*(?=")/g)).toEqual(["@bridge/backend-aws", "@bridge/backend-baremetal", "@bridge/backend-local"]);
  });
});

describe("plugins", () => {
  const config = (use: string) => ({ owner: "tester", providerId: "provider.example", masterSecret: { env: "SECRET" }, backends: [{ use }] });
  const env = { SECRET: "0".repeat(64) };
  const source = (name: string) => `const validate = (value) => (Object.keys(value).length > 0 ? { issues: [{ message: "has no options" }] } : { value });
    const facts = { idempotency: "name", settleSeconds: 0, createTimeoutSeconds: 1, readyTimeoutSeconds: 1, exitCode: "never", deadline: "guest" };
    export default { contract: 1, name: ${JSON.stringify(name)}, optionsSchema: { "~standard": { version: 1, vendor: "test", validate } }, facts, create: () => Object.fromEntries([["name", ${JSON.stringify(name)}], ...["capabilities", "canSatisfy", "provision", "watchUntilExit", "terminate", "list"].map((member) => [member, () => {}])]) };`;

  test("are found as packages installed beside the config, also ones for import only", async () => {
    mkdirSync(join(sandbox.folder, "elsewhere/node_modules/mine"), { recursive: true });
    sandbox.write("elsewhere/node_modules/mine/package.json", { name: "mine", version: "1.0.0", type: "module", exports: { import: "./plugin.js" } });
    sandbox.write("elsewhere/node_modules/mine/plugin.js", source("mine"));
    sandbox.write("elsewhere/bridge.yaml", config("mine"));
    const { code, stdout, stderr } = await sandbox.run(["check", "--config", "elsewhere/bridge.yaml"], { env });
    expect([code, stdout, stderr]).toEqual([0, expect.stringMatching(/^mine +mine/m), ""]);
  });

  test("beside the config are preferred to those that came with the program", async () => {
    mkdirSync(join(sandbox.folder, "node_modules/@bridge/backend-local"), { recursive: true });
    sandbox.write("node_modules/@bridge/backend-local/package.json", { name: "@bridge/backend-local", version: "9.0.0", type: "module", exports: "./plugin.js" });
    sandbox.write("node_modules/@bridge/backend-local/plugin.js", source("nearer"));
    sandbox.write("bridge.yaml", config("@bridge/backend-local"));
    expect((await sandbox.run(["check"], { env })).stdout).toMatch(/^nearer +@bridge\/backend-local/m);
  });

  test("are found as TypeScript files, from the config's folder", async () => {
    mkdirSync(join(sandbox.folder, "elsewhere"));
    sandbox.write("elsewhere/mine.ts", `const typed: number = 1; ${source("typed")}`);
    sandbox.write("elsewhere/bridge.yaml", config("./mine.ts"));
    expect((await sandbox.run(["check", "--config", "elsewhere/bridge.yaml"], { env })).stdout).toMatch(/^typed +\.\/mine\.ts/m);
  });

  test("of the example config are installed, and it serves the example grant", async () => {
    const { code, stdout } = await sandbox.run(["check", "--config", examplePath("bridge.yaml")], { env: { BRIDGE_MASTER_SECRET: "0".repeat(64) } });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^here +@bridge\/backend-local/m)]);
    withGrant();
    const plan = await sandbox.run(["plan", "grant.json", "--config", examplePath("bridge.yaml")], { env: { BRIDGE_MASTER_SECRET: "0".repeat(64) } });
    expect([plan.code, plan.stdout]).toEqual([0, expect.stringMatching(/1\. here in local-eu-fra-1[^]* EUR for the whole lease/)]);
  });
});

describe("with the local backend", () => {
  beforeEach(async () => {
    await sandbox.run(["init", "--provider", "provider.example"]);
  });

  test("check shows the backends in order", async () => {
    expect(await sandbox.json("check")).toMatchObject({ config: "bridge.yaml", owner: expect.stringMatching(/^bridge-[0-9a-f]{8}$/), providerId: "provider.example", backends: [{ name: "local", use: "@bridge/backend-local" }] });
    expect((await sandbox.run(["check"])).stdout).toMatch(/^local +@bridge\/backend-local/m);
  });

  test("plan says who would serve the grant and in which placement, and creates nothing", async () => {
    withGrant();
    const { code, stdout } = await sandbox.run(["plan", "grant.json"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/1\. local in local, size process/);
    expect(stdout).toContain("no rates are configured");
    expect(await sandbox.json("plan", "grant.json")).toMatchObject({ requestId: "example-1", requestKey: expect.stringMatching(/^[a-z2-7]{26}$/), candidates: [{ backend: "local" }], refusals: {} });
    expect(sandbox.hasInstances).toBe(false);
  });

  test("plan says the price of the whole lease where rates are configured", async () => {
    const now = Math.floor(Date.now() / 1000);
    sandbox.write("bridge.yaml", sandbox.read("bridge.yaml").replace("# rates: { currency: EUR, cpuCoreHour: 0.04, ramGibHour: 0.005 }", "rates: { currency: EUR, cpuCoreHour: 0.04, ramGibHour: 0.005 }"));
    withGrant({ validFrom: now - 60, validTo: now + 7200 }, { cpuMillicores: 1000, ramMib: 512 });
    const { stdout } = await sandbox.run(["plan", "grant.json"]);
    // 2 h x (1 core x 0.04 + 0.5 GiB x 0.005)
    expect(stdout).toMatch(/local: 0\.08(49|50) EUR for the whole lease/);
  });

  test("provision runs the command, shows how to get in, meters it, and leaves nothing", async () => {
    withGrant();
    const { code, stdout, stderr } = await sandbox.run(["provision", "grant.json", "--", "/bin/sh", "-c", "sleep 0.2"]);
    expect(stderr).toContain("ready on local");
    expect(stdout).toMatch(/^ssh -i .* -o StrictHostKeyChecking=yes /m);
    expect(stdout).toMatch(/wall +[\d.]+ s \(measured\)/);
    expect(stdout).toContain("exited with code 0 (measured)");
    expect(code).toBe(0);
    expect(await sandbox.json("list")).toMatchObject({ complete: true, instances: [] });
    expect(sandbox.leftovers).toEqual([]);
  });

  test("provision ends with 4 when the workload fails", async () => {
    withGrant();
    const { code, stdout } = await sandbox.run(["provision", "grant.json", "--command", "/bin/sh", "--command", "-c", "--command", "exit 7"]);
    expect([code, stdout]).toEqual([4, expect.stringContaining("exited with code 7")]);
  });

  test("provision takes command and environment from an envelope", async () => {
    withGrant();
    sandbox.write("envelope.json", { command: ["/bin/sh", "-c", "exit $CODE"], environment: { CODE: "9" } });
    const { stdout } = await sandbox.run(["provision", "grant.json", "--envelope", "envelope.json"]);
    expect(stdout).toContain("exited with code 9");
  });

  test("the example envelope fits the example grant", async () => {
    withGrant();
    const { code, stdout, stderr } = await sandbox.run(["provision", "grant.json", "--envelope", examplePath("envelope.json")]);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("ready on local"), stdout: expect.stringContaining("exited with code 0") });
  });

  test("provision with --json prints one JSON document a line, and no private key", async () => {
    withGrant();
    const { code, stdout, stderr } = await sandbox.run(["provision", "grant.json", "--json", "--make-key", "--", "/bin/sh", "-c", "exit 3"]);
    const lines = stdout.trim().split("\n").map((line): Record<string, unknown> => JSON.parse(line));
    expect(lines.map(({ event }) => event)).toEqual(expect.arrayContaining(["progress", "routing", "ready", "ended", "terminated", "done"]));
    expect(lines.at(-1)).toMatchObject({ event: "done", exitCode: 4, usage: { exit: { reason: "exited", code: 3 } } });
    expect([code, stderr]).toEqual([4, ""]);
    expect(stdout).not.toContain("PRIVATE KEY");
  });

  test("--valid-for-seconds ends the lease early, and never makes it longer", async () => {
    withGrant();
    const early = await sandbox.run(["provision", "grant.json", "--valid-for-seconds", "6", "--", "sleep", "60"]);
    expect(early).toMatchObject({ code: 0, stderr: expect.stringContaining("ready on local"), stdout: expect.stringContaining("the lease is over") });
    const now = Math.floor(Date.now() / 1000);
    withGrant({ validTo: now + 7 });
    const granted = await sandbox.run(["provision", "grant.json", "--valid-for-seconds", "3600", "--", "sleep", "60"]);
    expect(granted).toMatchObject({ code: 0, stderr: expect.stringContaining("ready on local"), stdout: expect.stringContaining("the lease is over") });
  });

  test("list and terminate see what another process has made, also after that was killed", async () => {
    withGrant();
    const maker = sandbox.start(["provision", "grant.json", "--valid-for-seconds", "60", "--", "sleep", "60"]);
    await maker.until("To get in");
    maker.child.kill("SIGKILL");
    await maker.finished;
    const { stdout } = await sandbox.run(["list"]);
    const [requestKey = ""] = /^[a-z2-7]{26}/m.exec(stdout) ?? [];
    expect(stdout).toMatch(/machine +running/);
    expect(await sandbox.run(["terminate", requestKey])).toMatchObject({ code: 0, stderr: expect.stringContaining("terminated attempt 1") });
    expect((await sandbox.run(["list"])).stdout).toContain("nothing");
    const again = await sandbox.run(["terminate", requestKey]);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("error not_found")]);
  });

  test("terminate takes an instance id, or everything of this owner", async () => {
    withGrant();
    const maker = sandbox.start(["provision", "grant.json", "--json", "--valid-for-seconds", "60", "--", "sleep", "60"]);
    await maker.until(`"event":"ready"`);
    const [instanceId = ""] = /(?<="instanceId":")[^"]+/.exec(maker.stdout) ?? [];
    expect(await sandbox.json("terminate", instanceId)).toMatchObject({ terminated: [{ instanceId }], failed: [] });
    // Ended by somebody else: the maker must not call that done.
    expect((await maker.finished).code).toBe(1);
    expect(await sandbox.json("terminate", "--all-of-this-owner")).toEqual({ terminated: [], failed: [], complete: true });
  });

  test("the machine of another invocation is not ended by one that conflicts with it", async () => {
    withGrant();
    const holder = sandbox.start(["provision", "grant.json", "--", "sleep", "60"]);
    await holder.until("To get in");
    const other = await sandbox.run(["provision", "grant.json", "--", "sleep", "1"]);
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("error conflict")]);
    expect((await sandbox.run(["list"])).stdout).toMatch(/machine +running/);
    holder.child.kill("SIGINT");
    expect((await holder.finished).code).toBe(130);
  });
});
