import type { ComputeGrant } from "@bridge/core/backend";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ApiServer, hetznerApi } from "../src/api.ts";
import { mapError } from "../src/errors.ts";
import { optionsSchema } from "../src/options.ts";
import { hetznerPlatform } from "../src/platform.ts";
import { rawMachines } from "../src/raw-machine.ts";
import { problems, queryProblems } from "../test-platform/schema.ts";
import { TestPlatform } from "../test-platform/server.ts";

let server: TestPlatform;
beforeEach(async () => {
  server = new TestPlatform({ pageSize: 2 });
  await server.listen();
});
afterEach(async () => {
  await server.close();
  expect(server.violations).toEqual([]);
});

const connect = (options: object = {}) =>
  hetznerPlatform(optionsSchema.parse({ projectId: 1, token: server.token, endpoint: server.endpoint, ...options }), { owner: "me" }, 22);
const api = () => hetznerApi({ endpoint: server.endpoint, token: server.token });
const request = (name: string) => ({ name, server_type: "cx23", location: "fsn1", image: "161547269", labels: { "bridge-owner": "me" }, user_data: bootable });
/** As little as the machines of the test platform need. */
const bootable = `ssh_keys: { ed25519_private: "" }\nusers: []\nwrite_files: [{ path: /etc/bridge/machine.json, content: '{"powerOffAtMs": 9e15}' }]\n`;
const grant = (manifest: Partial<ComputeGrant["manifest"]> = {}): ComputeGrant => ({
  requestId: "r", issuer: "i", providerId: "p", validFrom: 0, validTo: 1, manifest: { cpuMillicores: 500, ramMib: 512, storageGib: 0, arch: "amd64", tdx: "none", regions: [], ...manifest },
});
const chosen = async (manifest: Partial<ComputeGrant["manifest"]>, options: object = {}) =>
  (await connect(options).placements(grant(manifest), {})).map(({ size, region, resolved }) => `${size} ${region} ${String(resolved["imageId"])}`);
/** What a call's error means. */
const meaningOf = async (call: Promise<unknown>) => mapError(await call.then(() => undefined, (error: unknown) => error));

test("placements are ordered by price, without what is deprecated or not available, with the image's id", async () => {
  expect(await chosen({})).toEqual(["cx23 fsn1 161547269", "cx23 hel1 161547269", "cpx11 hel1 161547269"]);
});

test("arm64 takes arm types and the arm image", async () => {
  expect(await chosen({ arch: "arm64" }, { image: "debian-12" })).toEqual(["cax11 fsn1 114690389", "cax11 hel1 114690389", "cax31 fsn1 114690389"]);
});

test("storage, regions of the grant and regions of the options are kept to", async () => {
  expect(await chosen({ arch: "arm64", storageGib: 100 })).toEqual(["cax31 fsn1 161547270"]);
  expect(await chosen({ regions: ["hel1"] })).toEqual(["cx23 hel1 161547269", "cpx11 hel1 161547269"]);
  expect(await chosen({}, { regions: ["fsn1"] })).toEqual(["cx23 fsn1 161547269"]);
  expect(await chosen({ cpuMillicores: 16_000 })).toEqual([]);
});

test("an image that is not there, or deprecated, is an error that names it", async () => {
  await expect(chosen({}, { image: "debian-11" })).rejects.toMatchObject({ code: "invalid_option", message: expect.stringContaining("debian-11") });
});

test("capabilities are what can be ordered, rounded down, by location", async () => {
  expect(await connect().capabilities({})).toEqual({
    regions: ["fsn1", "hel1"], architectures: ["amd64", "arm64"], tdxCapable: false, maxCpuMillicores: 8000, maxRamMib: 15_258, maxStorageGib: 149,
    byRegion: { fsn1: { maxCpuMillicores: 8000, maxRamMib: 15_258, maxStorageGib: 149 }, hel1: { maxCpuMillicores: 2000, maxRamMib: 3814, maxStorageGib: 37 } },
  });
});

test("a list misses nothing when servers are deleted while its pages are read", async () => {
  const ids: number[] = [];
  for (const number of [1, 2, 3, 4, 5, 6]) ids.push(await api().createServer(request(`s${number}`), {}));
  await expect.poll(() => server.inventory.listed().filter(({ locked }) => !locked).length).toBe(6);
  const [first = 0] = ids;
  const original = globalThis.fetch;
  let pages = 0;
  globalThis.fetch = async (input, init) => {
    const answer = await original(input, init);
    pages += 1;
    const held = server.inventory.servers.get(first);
    if (held !== undefined) server.inventory.remove(held); // after the first page, and before the others
    return answer;
  };
  try {
    const listed = (await connect().list("hetzner:1", {})).map(({ id }) => Number(id));
    expect(ids.slice(1).filter((id) => !listed.includes(id))).toEqual([]);
    expect(pages).toBe(4);
  } finally {
    globalThis.fetch = original;
  }
});

test("an answer without a list, or without the number of its pages, is not an empty list", async () => {
  const original = globalThis.fetch;
  for (const answer of [{}, { servers: [] }, { meta: { pagination: { next_page: null, last_page: 1 } } }, { servers: [], meta: { pagination: { next_page: 2, last_page: null } } }]) {
    globalThis.fetch = async () => Response.json(answer);
    const meaning = await meaningOf(connect().list("hetzner:1", {}));
    globalThis.fetch = original;
    expect(meaning).toMatchObject({ code: "unavailable" });
  }
});

test.each([
  [409, "uniqueness_error", { code: "conflict", outcome: "exists" }],
  [412, "resource_unavailable", { code: "no_capacity", outcome: "none" }],
  [422, "placement_error", { code: "no_capacity", outcome: "none" }],
  [403, "resource_limit_exceeded", { code: "quota_exceeded", outcome: "none" }],
  [403, "forbidden", { code: "forbidden", outcome: "none" }],
  [401, "token_readonly", { code: "forbidden", outcome: "none" }],
  [422, "invalid_input", { code: "invalid_option", outcome: "none" }],
  [429, "rate_limit_exceeded", { code: "rate_limited", outcome: "none", retryAfterSeconds: 10 }],
  [409, "conflict", { code: "unavailable" }],
  [423, "locked", { code: "unavailable" }],
  [500, "server_error", { code: "unavailable" }],
  [503, "unavailable", { code: "unavailable" }],
  [504, "timeout", { code: "timeout" }],
])("a create that is refused with %i %s", async (status, code, meaning) => {
  server.faults.create = { kind: "refuse", status, code };
  const found = await meaningOf(api().createServer(request("s"), {}));
  expect(found).toMatchObject(meaning);
  if (!("outcome" in meaning)) expect(found).not.toHaveProperty("outcome");
});

test("a taken name, a locked server, and a server that is not there", async () => {
  const id = await api().createServer(request("s"), {});
  expect(await meaningOf(api().createServer(request("s"), {}))).toMatchObject({ code: "conflict", outcome: "exists" });
  expect(await meaningOf(api().deleteServer(String(id), {}))).toMatchObject({ code: "unavailable" });
  expect(await meaningOf(api().deleteServer("1", {}))).toMatchObject({ code: "not_found" });
});

test("an error after the effect, a lost answer and an answer that is no JSON are never outcome none", async () => {
  server.faults.create = { kind: "fail after", status: 500, code: "server_error" };
  expect(await meaningOf(api().createServer(request("s1"), {}))).not.toHaveProperty("outcome");
  server.faults.create = { kind: "lose answer", afterSeconds: 0 };
  expect(await meaningOf(api().createServer(request("s2"), {}))).toMatchObject({ code: "unavailable" });
  const original = globalThis.fetch;
  for (const status of [200, 502]) {
    globalThis.fetch = async () => new Response("<html>secret</html>", { status });
    const error = await api().createServer(request("s3"), {}).then(() => undefined, (cause: unknown) => cause);
    globalThis.fetch = original;
    expect(String(error)).not.toContain("secret");
    expect(mapError(error)).toMatchObject({ code: "unavailable" });
    expect(mapError(error)).not.toHaveProperty("outcome");
  }
});

test("a server that is off is ended and left over; one that is off on the way to its first start is not", async () => {
  await api().createServer(request("s"), {});
  const [held] = server.inventory.made;
  const states = (status: ApiServer["status"], locked: boolean) => {
    const answer = { ...held?.answer(), status, locked } as ApiServer; // as the test platform answers it
    return rawMachines(22, answer).map(({ kind = "machine", state }) => `${kind} ${state}`);
  };
  expect(states("off", false)).toEqual(["machine ended", "other running"]);
  expect(states("off", true)).toEqual(["machine starting"]);
  expect(states("initializing", true)).toEqual(["machine starting"]);
  expect(states("unknown", false)).toEqual(["machine running"]);
  expect(states("stopping", false)).toEqual(["machine running"]);
  expect(states("deleting", true)).toEqual(["machine ending"]);
});

test("without Bridge a server is off 5 minutes after its deadline, and is left to be deleted", async () => {
  const powerOffAtMs = Date.now() + 600_000;
  await api().createServer({ ...request("s"), user_data: bootable.replace("9e15", String(powerOffAtMs)) }, {});
  const states = async () => (await connect().list("hetzner:1", {})).map(({ kind = "machine", state }) => `${kind} ${state}`);
  await expect.poll(states).toEqual(["machine running"]);
  server.advance(601);
  await expect.poll(states).toEqual(["machine ended", "other running"]);
  await connect().destroy({ id: String(server.inventory.made[0]?.id), region: "fsn1", state: "running", tags: {} }, {});
  await expect.poll(states).toEqual([]);
  expect([...server.inventory.addresses]).toEqual([]);
});

test("the create request names no SSH key, and the root password goes nowhere", async () => {
  const answer = await api().createServer(request("s"), {});
  expect(answer).toBe(server.inventory.made[0]?.id);
  expect(server.createRequests[0]).not.toHaveProperty("ssh_keys");
});

test("the interval of lists is the operator's to choose", () => {
  expect(connect({ pollSeconds: 30 }).pollSeconds).toBe(30);
  expect(connect()).not.toHaveProperty("pollSeconds");
});

test("options are strict", () => {
  const right = { projectId: 1, token: "t" };
  expect(optionsSchema.parse(right)).toEqual({ ...right, image: "ubuntu-24.04", endpoint: "https://api.hetzner.cloud/v1" });
  for (const wrong of [{ token: "t" }, { projectId: "1", token: "t" }, { ...right, tokn: "t" }, { ...right, endpoint: "ftp://x" }, { ...right, regions: [] }])
    expect(optionsSchema.safeParse(wrong).success).toBe(false);
});

test("what Hetzner does not describe is found", () => {
  const body = request("s");
  expect(problems("body of POST /servers", body)).toEqual([]);
  expect(problems("body of POST /servers", { ...body, image: 1 })).not.toEqual([]);
  expect(problems("body of POST /servers", { ...body, datacenter: "fsn1-dc14" })).not.toEqual([]);
  expect(problems("error", { error: { code: "x" } })).not.toEqual([]);
  expect(problems("answer of GET /volumes", {})).not.toEqual([]);
  expect(queryProblems("GET /servers", new URLSearchParams({ page: "1", per_page: "50", sort: "id:asc", label_selector: "a==b" }))).toEqual([]);
  expect(queryProblems("GET /servers", new URLSearchParams({ sort: "price" }))).not.toEqual([]);
  expect(queryProblems("GET /server_types", new URLSearchParams({ label_selector: "a" }))).not.toEqual([]);
});
