import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { exampleGrant, Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(() => { sandbox = new Sandbox(); });
afterEach(() => sandbox.dispose());

const head = "owner: tester\nproviderId: provider.example\nmasterSecret: { file: bridge.secret }\n";
const local = `backends:\n  - use: "@bridge/backend-local"\n`;
const swallowing = "(value) => ({ value })";
const strict = `(value) => (Object.keys(value ?? {}).length > 0 ? { issues: [{ message: "is not known here" }] } : { value })`;
const plugin = (contract: number, validate = swallowing, create = `() => { throw new Error("made"); }`) => `export default { contract: ${contract}, name: "mine", optionsSchema: { "~standard": { version: 1, vendor: "test", validate: ${validate} } },
  facts: { idempotency: "name", settleSeconds: 0, createTimeoutSeconds: 1, readyTimeoutSeconds: 1, exitCode: "never", deadline: "guest" }, create: ${create} };`;

const configs: readonly { readonly what: string; readonly text: string; readonly code: string; readonly says: readonly string[] }[] = [
  { what: "an unknown key", text: `${head}colour: red\n${local}`, code: "invalid_config", says: ["colour (line 4)"] },
  { what: "a wrong type", text: `${head}fallback: 7\n${local}`, code: "invalid_config", says: ["fallback (line 4)"] },
  { what: "duplicate names", text: `${head}${local}  - use: "@bridge/backend-local"\n`, code: "invalid_config", says: ["backends[1]", "line 6"] },
  { what: "a missing plugin", text: `${head}backends:\n  - use: "@bridge/backend-nowhere"\n`, code: "plugin_not_found", says: ["backends[0].use (line 5)", "npm install @bridge/backend-nowhere"] },
  { what: "a missing file", text: `${head}backends:\n  - use: ./nowhere.ts\n`, code: "plugin_not_found", says: ["backends[0].use (line 5)", "./nowhere.ts"] },
  { what: "something that is no plugin", text: `${head}backends:\n  - use: ./not-a-plugin.mjs\n`, code: "contract_mismatch", says: ["backends[0].use (line 5)", "not a backend plugin"] },
  { what: "a plugin that is not the default export", text: `${head}backends:\n  - use: ./no-default.mjs\n`, code: "contract_mismatch", says: ["backends[0].use (line 5)", "./no-default.mjs is not a backend plugin: its default export must be what defineBackend() returns"] },
  { what: "a plugin whose import does I/O that fails", text: `${head}backends:\n  - use: ./reading.mjs\n`, code: "contract_mismatch", says: ["backends[0].use (line 5)", "./reading.mjs is there but cannot be loaded: Error: ENOENT"] },
  { what: "contract 2", text: `${head}backends:\n  - use: ./contract-2.mjs\n`, code: "contract_mismatch", says: ["backends[0].use (line 5)", "contract 2"] },
  { what: "an empty list", text: `${head}backends: []\n`, code: "no_backends", says: ["backends (line 4)", "@bridge/backend-local"] },
  { what: "an unreadable secret reference", text: `${head.replace("bridge.secret", "nowhere.secret")}${local}`, code: "invalid_config", says: ["masterSecret (line 3)", "nowhere.secret"] },
  { what: "a variable that is not set", text: `${head.replace("file: bridge.secret", "env: NOWHERE")}${local}`, code: "invalid_config", says: ["masterSecret (line 3)", "NOWHERE"] },
  { what: "an unknown option key", text: `${head}${local}    options: { colour: red }\n`, code: "invalid_option", says: ["backends[0].options", "line 6", "colour"] },
  { what: "a schema that strips unknown option keys silently", text: `${head}backends:\n  - use: ./contract-1.mjs\n    options: { colour: red }\n`, code: "invalid_option", says: ["backends[0].options (line 6)", "unknown keys"] },
  { what: "text that is no YAML", text: "owner: [", code: "invalid_config", says: ["line 1"] },
];

describe.each(configs)("a config with $what", ({ text, code, says }) => {
  beforeEach(() => {
    sandbox.write("bridge.secret", "0".repeat(64));
    sandbox.write("not-a-plugin.mjs", "export default 7;");
    sandbox.write("contract-1.mjs", plugin(1));
    sandbox.write("contract-2.mjs", plugin(2));
    sandbox.write("no-default.mjs", plugin(1).replace("export default", "export const plugin ="));
    sandbox.write("reading.mjs", `import { readFileSync } from "node:fs";\nreadFileSync("/nowhere/credentials.json");\n${plugin(1)}`);
    sandbox.write("bridge.yaml", text);
    sandbox.write("grant.json", exampleGrant());
  });

  test("is refused with code, path and line, as text and as JSON, and exit code 2; nothing is created", async () => {
    const [check, provision] = await Promise.all([sandbox.run(["check"]), sandbox.run(["provision", "grant.json", "--json"])]);
    expect(check.stderr).toContain(`error ${code}`);
    for (const said of says) expect(check.stderr).toContain(said);
    expect(JSON.parse(provision.stderr)).toMatchObject({ error: { code, problems: [{ path: expect.any(String), message: expect.any(String) }] } });
    expect([check.code, check.stdout, provision.code, provision.stdout]).toEqual([2, "", 2, ""]);
    expect([sandbox.hasInstances, sandbox.leftovers]).toEqual([false, []]);
  });
});

describe("a plugin whose create()", () => {
  test.each([
    ["throws a text", `() => { throw "no token"; }`, [`the create() of backend plugin "mine" threw "no token"`, "must be a BridgeError"]],
    ["gives nothing", "() => undefined", [`the create() of backend plugin "mine" gave undefined; it must give a Backend`]],
    ["gives a promise", "async () => ({})", ["construction must do no I/O, so it has nothing to wait for"]],
    ["gives half a backend", "(_options, { name }) => ({ name, capabilities: async () => ({}), canSatisfy: () => true, terminate: 7 })", ["provision: is missing", "watchUntilExit: is missing", "terminate: must be a function", "list: is missing"]],
    ["gives a backend of another name", `() => ({ name: "other", capabilities() {}, canSatisfy() {}, provision() {}, watchUntilExit() {}, terminate() {}, list() {} })`, [`name: must be services.name ("mine"), by which later calls are routed; it is "other"`]],
  ])("%s is refused by bridge check before anything is asked of it", async (_what, create, says) => {
    sandbox.write("bridge.secret", "0".repeat(64));
    sandbox.write("mine.mjs", plugin(1, strict, create));
    sandbox.write("bridge.yaml", `${head}backends:\n  - use: ./mine.mjs\n`);
    const { code, stderr, stdout } = await sandbox.run(["check"]);
    expect(stderr).toContain("error contract_mismatch");
    for (const said of says) expect(stderr).toContain(said);
    expect([code, stdout]).toEqual([2, ""]);
  });
});

test("all problems of a config are shown at once", async () => {
  sandbox.write("bridge.yaml", `${head}colour: red\nfallback: 7\n${local}    options: { colour: red }\n`);
  const { stderr } = await sandbox.run(["check"]);
  for (const said of ["colour (line 4)", "fallback (line 5)", "masterSecret (line 3)", "backends[0].options"]) expect(stderr).toContain(said);
});

test.each([["plan", "grant.json"], ["provision", "grant.json"], ["list"], ["terminate", "x"], ["check"], ["card"]])("without a config, %s says what to do", async (...parameters) => {
  sandbox.write("grant.json", exampleGrant());
  const { code, stderr } = await sandbox.run(parameters);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/bridge init.*bridge demo/)]);
});

const now = Math.floor(Date.now() / 1000);
const grants: readonly { readonly what: string; readonly grant: object | string; readonly code: string; readonly path: string; readonly exitCode?: number }[] = [
  { what: "a missing field", grant: exampleGrant({ issuer: undefined }), code: "invalid_grant", path: "issuer" },
  { what: "an extra field", grant: exampleGrant({ colour: "red" }), code: "invalid_grant", path: "colour" },
  { what: "a missing field of the manifest", grant: exampleGrant({}, { ramMib: undefined }), code: "invalid_grant", path: "manifest.ramMib" },
  { what: "an extra field of the manifest", grant: exampleGrant({}, { gpus: 1 }), code: "invalid_grant", path: "manifest.gpus" },
  { what: "a negative size", grant: exampleGrant({}, { cpuMillicores: -1 }), code: "invalid_grant", path: "manifest.cpuMillicores" },
  { what: "a fractional size", grant: exampleGrant({}, { ramMib: 0.5 }), code: "invalid_grant", path: "manifest.ramMib" },
  { what: "a huge size", grant: exampleGrant({}, { storageGib: 1e15 }), code: "invalid_grant", path: "manifest.storageGib" },
  { what: "a validTo in the past", grant: exampleGrant({ validFrom: now - 100, validTo: now - 10 }), code: "grant_expired", path: "validTo" },
  { what: "a validTo before validFrom", grant: exampleGrant({ validFrom: now, validTo: now - 10 }), code: "invalid_grant", path: "validTo" },
  { what: "an unknown TDX word", grant: exampleGrant({}, { tdx: "maybe" }), code: "invalid_grant", path: "manifest.tdx" },
  { what: "another provider's name", grant: exampleGrant({ providerId: "somebody.else" }), code: "wrong_audience", path: "somebody.else" },
  { what: "no JSON", grant: "{", code: "invalid_grant", path: "grant.json" },
  { what: "a region that nobody offers", grant: exampleGrant({}, { regions: ["mars-1"] }), code: "no_backend_can_satisfy", path: "mars-1", exitCode: 3 },
  { what: "a size that nobody offers", grant: exampleGrant({}, { ramMib: 67_108_864 }), code: "no_backend_can_satisfy", path: "ram", exitCode: 3 },
  { what: "TDX that nobody offers", grant: exampleGrant({}, { tdx: "required" }), code: "no_backend_can_satisfy", path: "tdx", exitCode: 3 },
];

describe("a grant with", () => {
  const shared = new Sandbox();
  afterAll(() => shared.dispose());
  beforeEach(async () => {
    await shared.run(["init", "--force"]);
  });

  test.each(grants)("$what is refused with exit code 2, or 3 if no backend can; nothing is created", async ({ grant, code, path, exitCode = 2 }) => {
    shared.write("grant.json", grant);
    const [plan, provision] = await Promise.all([shared.run(["plan", "grant.json"]), shared.run(["provision", "grant.json", "--json"])]);
    expect(plan.stderr).toContain(`error ${code}`);
    expect(plan.stderr).toContain(path);
    expect(JSON.parse(provision.stderr)).toMatchObject({ error: { code, message: expect.stringContaining(path) } });
    expect([plan.code, provision.code]).toEqual([exitCode, exitCode]);
    expect([shared.hasInstances, shared.leftovers]).toEqual([false, []]);
  });

  test.each([
    [["--envelope", "envelope.json"], { colour: "red" }, "invalid_grant", "colour"],
    [["--envelope", "envelope.json"], { sshPublicKey: "ssh-ed25519 x" }, "invalid_grant", "sshPublicKey"],
    [["--envelope", "nowhere.json"], {}, "invalid_grant", "nowhere.json"],
    [["--envelope", "envelope.json", "--", "true"], {}, "invalid_option", "--envelope"],
    [["--command", "true", "--", "true"], {}, "invalid_option", "--command"],
    [["--image", "registry.example/x@sha256:12"], {}, "invalid_grant", "imageReference"],
    [["--image", `registry.example/x@sha256:${"0".repeat(64)}`], {}, "image_mismatch", "imageDigest"],
    [["--ssh-key", "nowhere.pub"], {}, "invalid_option", "nowhere.pub"],
    [["--valid-for-seconds", "0"], {}, "invalid_option", "--valid-for-seconds"],
    [["--valid-for-seconds", "1.5"], {}, "invalid_option", "--valid-for-seconds"],
  ])("the options %j and the envelope %j is refused", async (options, envelope, code, said) => {
    shared.write("grant.json", exampleGrant());
    shared.write("envelope.json", envelope);
    const refused = await shared.run(["provision", "grant.json", ...options]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(`error ${code}`)]);
    expect(refused.stderr).toContain(said);
    expect([shared.hasInstances, shared.leftovers]).toEqual([false, []]);
  });
});

test.each([[["nonsense"]], [["list", "--nonsense"]], [["plan"]], [["plan", "a", "b"]], [["list", "--", "x"]], [["terminate"]], [["terminate", "x", "--all-of-this-owner"]]])("the command line %j is refused with exit code 2", async (parameters) => {
  const { code, stderr, stdout } = await sandbox.run(parameters);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^error invalid_option/);
  const asJson = await sandbox.run([parameters[0] ?? "", "--json", ...parameters.slice(1)]);
  expect(JSON.parse(asJson.stderr)).toMatchObject({ error: { code: "invalid_option" } });
});
