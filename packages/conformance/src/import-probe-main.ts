// Runs in a process of its own: hooks what does I/O, then imports and constructs the plugin, and prints what it did.
import childProcess from "node:child_process";
import dgram from "node:dgram";
import dns from "node:dns";
import fs from "node:fs";
import { registerHooks, syncBuiltinESMExports } from "node:module";
import net from "node:net";
import timers from "node:timers";
import { text } from "node:stream/consumers";
import type { BackendPlugin } from "@bridge/core";
import { cloudSdk, type ProbeOrder, type ProbeResult } from "./import-probe.ts";

const found = new Set<string>();
let phase = "import";

/** Frames above the hook: who called. Node's own modules call each other all the time. */
function callers(): readonly string[] {
  const frames = (new Error().stack ?? "").split("\n").map((line) => line.trim()).filter((line) => line.startsWith("at "));
  return frames.filter((frame) => !frame.includes(import.meta.filename) && !/^at (Object\.(get|has|ownKeys)|Reflect\.\w+) \(<anonymous>\)/.test(frame));
}
const isNodes = (frame: string | undefined): boolean => frame === undefined || frame.includes("node:");
const placeOf = (frame: string): string => /(?:file:\/\/)?([^\s(]+:\d+):\d+\)?$/.exec(frame)?.[1] ?? frame;

/** Notes what was done, unless Node did it for itself. `deep`: also if a module of Node lies between. */
function note(what: string, deep: boolean): void {
  const frames = callers();
  const caller = deep ? frames.find((frame) => !isNodes(frame)) : frames[0];
  if (caller !== undefined && !isNodes(caller)) found.add(`${phase} ${what} (${placeOf(caller)})`);
}

function hook(holder: object, names: readonly string[], what: (name: string) => string, deep = false): void {
  for (const name of names) {
    const original: unknown = Reflect.get(holder, name);
    if (typeof original !== "function") continue;
    const hooked = function hooked(this: unknown, ...parameters: readonly unknown[]): unknown {
      note(what(name), deep);
      return new.target === undefined ? Reflect.apply(original, this, parameters) : Reflect.construct(original, parameters, new.target === hooked ? original : new.target);
    };
    Object.setPrototypeOf(hooked, original);
    const prototype: unknown = Reflect.get(original, "prototype");
    Object.defineProperties(hooked, { name: { value: name }, prototype: { value: prototype } });
    Object.defineProperty(holder, name, { value: hooked, configurable: true, writable: true, enumerable: true });
  }
}

/** Read by libraries to choose between builds and colours; not a configuration that a plugin could be given. */
const harmless = /^(NODE_ENV|NODE_DEBUG|DEBUG|CI|TERM|COLORTERM|FORCE_COLOR|NO_COLOR|READABLE_STREAM|GRACEFUL_FS_PLATFORM|NODE_V8_COVERAGE)$/;

function hookAll(): void {
  const functionsOf = (holder: object) => Object.keys(holder).filter((name) => /^[a-z]/.test(name) && typeof Reflect.get(holder, name) === "function");
  const file = (name: string) => `uses the file system: fs.${name}()`;
  hook(fs, functionsOf(fs), file);
  hook(fs.promises, functionsOf(fs.promises), file);
  hook(childProcess, functionsOf(childProcess), (name) => `starts a process: ${name}()`, true);
  hook(net.Socket.prototype, ["connect"], () => "opens a connection", true);
  hook(net.Server.prototype, ["listen"], () => "listens on a port", true);
  hook(dgram, ["createSocket"], () => "opens a socket", true);
  hook(dns, functionsOf(dns).filter((name) => /^(lookup|resolve|reverse)/.test(name)), (name) => `asks the name service: dns.${name}()`, true);
  hook(dns.promises, functionsOf(dns.promises).filter((name) => /^(lookup|resolve|reverse)/.test(name)), (name) => `asks the name service: dns.${name}()`, true);
  hook(globalThis, ["fetch"], () => "calls fetch()");
  for (const holder of [globalThis, timers]) hook(holder, ["setTimeout", "setInterval", "setImmediate"], (name) => `starts a timer: ${name}()`);
  const seen = (key: string | symbol) => {
    if (typeof key === "string" && !harmless.test(key)) note(`reads the environment variable ${key}`, false);
  };
  const env = new Proxy(process.env, {
    get: (target, key) => {
      seen(key);
      return Reflect.get(target, key) as unknown; // a Proxy answers whatever the target holds
    },
    has: (target, key) => {
      seen(key);
      return Reflect.has(target, key);
    },
    ownKeys: (target) => {
      note("reads the whole environment", false);
      return Reflect.ownKeys(target);
    },
  });
  Object.defineProperty(process, "env", { value: env, configurable: true });
  syncBuiltinESMExports();
  registerHooks({
    resolve: (specifier, context, next) => {
      if (cloudSdk.test(specifier)) found.add(`${phase} loads the SDK ${specifier} (${context.parentURL ?? "?"}); load it lazily, by import() in the first call`);
      return next(specifier, context);
    },
  });
}

const resourcesNow = (): Map<string, number> => {
  const counted = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) counted.set(name, (counted.get(name) ?? 0) + 1);
  return counted;
};

async function probe({ url, options }: ProbeOrder): Promise<void> {
  const before = resourcesNow();
  hookAll();
  // The author's module: what it exports is looked at member by member.
  const namespace = await import(url) as { readonly default?: Partial<BackendPlugin> };
  phase = "construction";
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const almanac = { tickToMs: (tick: number) => tick * 1000, msToTick: (ms: number) => Math.floor(ms / 1000) };
  const services = { name: "probe", owner: "probe", ledgerId: "probe", log: silent, now: () => 0, almanac };
  if (options !== undefined) {
    const parsed = await namespace.default?.optionsSchema?.["~standard"].validate(options);
    if (parsed !== undefined && parsed.issues === undefined) namespace.default?.create?.(parsed.value, services);
  }
  // What was begun without a hook seeing it is still under way now.
  for (const [name, count] of resourcesNow()) {
    if (count > (before.get(name) ?? 0) && !/Immediate|PipeWrap|TTYWrap|FSReqPromise/.test(name)) found.add(`import or construction leaves something under way: ${name}`);
  }
}

const order = JSON.parse(await text(process.stdin)) as ProbeOrder; // written by import-probe.ts
let failure: string | undefined;
try {
  await probe(order);
} catch (error) {
  failure = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
const result: ProbeResult = { findings: [...found], ...(failure === undefined ? {} : { failure }) };
fs.writeSync(3, JSON.stringify(result));
process.exit(0);
