import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type * as core from "../../src/index.ts";
import type * as memory from "../../src/memory/index.ts";
import { envelope, grantOf, masterSecret, startMs } from "../fixtures/grants.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const entries = ["", "/backend", "/keys", "/boot", "/memory"].map((entry) => `@bridge/core${entry}`);
const run = (code: string, ...flags: string[]): string => execFileSync(process.execPath, [...flags, "-e", code], { cwd: root, encoding: "utf8" });

describe("two copies of the package in one process", () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "bridge-copies-")));
  const load = async <Module>(copy: string, entry: string): Promise<Module> => import(pathToFileURL(join(folder, copy, entry)).href);
  beforeAll(() => {
    // Without node_modules beside them: what loads here has no dependencies.
    for (const copy of ["one", "two"]) cpSync(join(root, "dist"), join(folder, copy), { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("recognise each other's errors, which instanceof does not", async () => {
    const [one, two] = [await load<typeof core>("one", "index.js"), await load<typeof core>("two", "index.js")];
    const error = new one.BridgeError("no_capacity", "full", { outcome: "none" });
    expect(error).not.toBeInstanceOf(two.BridgeError);
    expect(two.isBridgeError(error)).toBe(true);
    expect(two.toBridgeError(error)).toBe(error);
    expect(two.toBridgeError(error, { backend: "a" })).toMatchObject({ code: "no_capacity", outcome: "none", backend: "a" });
  });

  it("work together: one copy's Fleet understands the other copy's backend and its failures", async () => {
    const [{ Fleet }, two] = [await load<typeof core>("one", "index.js"), await load<typeof memory>("two", "memory/index.js")];
    const platform = two.createMemoryPlatform({ startMs });
    platform.inject({ call: "create", refuse: "no_capacity" });
    const calls: string[] = [];
    const fleet = new Fleet({ owner: "owner", masterSecret, now: platform.now, backends: [two.memory({ regions: ["x", "y"] }, { platform })] });
    const instance = await fleet.provisionForGrant(grantOf(), envelope, { onRouting: ({ reason, verdict }) => void calls.push(`${verdict} ${reason}`) });
    expect({ attempt: instance.attempt, calls, terminated: platform.calls.some(({ call }) => call === "destroy") }).toEqual({ attempt: 2, calls: ["failed no_capacity", "served ok"], terminated: false });
  });

  it("need nothing else: only the boot entry has a dependency, which is yaml", async () => {
    for (const entry of ["index.js", "backend/index.js", "keys/index.js", "memory/index.js"]) await expect(load("one", entry)).resolves.toBeDefined();
    await expect(load("one", "boot/index.js")).rejects.toThrow(/'yaml'/);
  });
});

describe("the built package", () => {
  it("can be required from CommonJS, every entry of it", () => {
    const code = `
      const missing = ${JSON.stringify(entries)}.filter((entry) => Object.keys(require(entry)).length === 0);
      const { Fleet, isBridgeError } = require("@bridge/core");
      try { new Fleet({ owner: "me", masterSecret: "x".repeat(32), backends: [] }); } catch (error) { console.log(JSON.stringify({ missing, code: error.code, known: isBridgeError(error) })); }`;
    expect(JSON.parse(run(code, "--input-type=commonjs"))).toEqual({ missing: [], code: "no_backends", known: true });
  });

  it("reads nothing, starts nothing and opens nothing when it is imported and a Fleet is made", () => {
    const code = `
      const seen = [];
      // Node's own loader asks for WATCH_REPORT_DEPENDENCIES.
      const note = (what) => (...about) => { if (about[0] !== "WATCH_REPORT_DEPENDENCIES") seen.push(what + " " + about.map(String).join(" ")); return undefined; };
      process.env = new Proxy({}, { get: (_target, name) => note("env")(name), has: (_target, name) => note("env")(name), ownKeys: () => { seen.push("env all"); return []; } });
      const net = await import("node:net");
      net.Socket.prototype.connect = note("connect");
      for (const name of ["setTimeout", "setInterval", "setImmediate", "fetch"]) globalThis[name] = note(name);
      const modules = await Promise.all(${JSON.stringify(entries)}.map((entry) => import(entry)));
      const [{ Fleet }, , , , { memory }] = modules;
      const fleet = new Fleet({ owner: "me", masterSecret: "x".repeat(32), backends: [memory()] });
      console.log(JSON.stringify({ seen, active: process.getActiveResourcesInfo().filter((kind) => /Timeout|Immediate|TCP|FS/.test(kind)), backends: fleet.backends.length }));`;
    // Node's permission model: no files but the package's own, no processes, no threads.
    const yaml = realpathSync(join(root, "node_modules", "yaml"));
    const allowed = [root, yaml].map((path) => `--allow-fs-read=${path}`);
    expect(JSON.parse(run(code, "--input-type=module", "--permission", ...allowed))).toEqual({ seen: [], active: [], backends: 1 });
  });
});
