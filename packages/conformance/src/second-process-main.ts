// A process of its own that provisions one attempt, as another Bridge would, and may kill itself on the way.
import { writeSync } from "node:fs";
import { text } from "node:stream/consumers";
import { type BackendPlugin, createAlmanac, encodeInstance, toBridgeError } from "@bridge/core";
import { makeBackend } from "@bridge/core/backend";
import { Attempt } from "./attempt.ts";
import type { ProcessAnswer, ProcessOrder } from "./second-process.ts";

const order = JSON.parse(await text(process.stdin)) as ProcessOrder; // written by second-process.ts
const { url, options, content, killAt } = order;
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const die = (): void => void process.kill(process.pid, "SIGKILL");

async function provision(): Promise<ProcessAnswer> {
  // The kit has checked the module's plugin before.
  const { default: plugin } = await import(url) as { readonly default: BackendPlugin };
  const backend = makeBackend({ plugin, options }, { ...content.entry, log, now: Date.now, almanac: createAlmanac() });
  const { keys } = content;
  const attempt = new Attempt({ ...content, keys: { ...keys, exitMac: Buffer.from(keys.exitMac, "base64") } });
  const context = attempt.context({
    signal: new AbortController().signal,
    mayCreate: () => {
      if (killAt === "mayCreate") die();
      if (killAt === "creating") setImmediate(die);
    },
    onCreated: async () => (killAt === "onCreated" ? die() : undefined),
    onReady: async () => (killAt === "onReady" ? die() : undefined),
  }, log);
  try {
    return { instance: encodeInstance(await backend.provision(content.grant, content.envelope, context)) };
  } catch (error) {
    const { code, message } = toBridgeError(error);
    return { error: `${code}: ${message}` };
  }
}

writeSync(3, JSON.stringify(await provision()));
process.exit(0);
