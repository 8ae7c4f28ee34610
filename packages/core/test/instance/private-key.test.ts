import { Console } from "node:console";
import { Writable } from "node:stream";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { pino } from "pino";
import { BridgeError, createInstance, decodeInstance, encodeInstance, toBridgeError } from "../../src/index.ts";
import { generateSshKeyPair } from "../../src/keys/index.ts";
import { fleetOf } from "../fixtures/fleets.ts";
import { grantOf } from "../fixtures/grants.ts";
import { scripted } from "../fixtures/scripted-backend.ts";

const pair = generateSshKeyPair();
const fields = { ...(await fleetOf([scripted("a")]).provisionForGrant(grantOf(), {}, { makeRequesterKey: true })) };
const instance = createInstance(fields, pair.privateKey);
const holders: Record<string, object> = {
  "an instance": instance,
  "an instance read from storage": decodeInstance(encodeInstance(instance, { includePrivateKey: true })),
  "an instance made from one with the key in plain sight": createInstance(Object.assign({}, fields, { keyPrivate: pair.privateKey }), pair.privateKey),
  "a key pair": pair,
  "an error with the instance as ref": new BridgeError("timeout", "late", { ref: instance }),
  "an error with the instance in its cause": new BridgeError("timeout", "late", { cause: new Error("inner", { cause: instance }) }),
  "an error around an error": toBridgeError(new BridgeError("timeout", "late", { ref: instance }), { backend: "a" }),
};

function pinoText(value: object): string {
  const lines: string[] = [];
  pino({}, new Writable({ write: (chunk, _encoding, done) => { lines.push(String(chunk)); done(); } })).info({ value, err: value, list: [value] }, "message");
  return lines.join("");
}

function consoleText(value: object): string {
  const lines: string[] = [];
  new Console(new Writable({ write: (chunk, _encoding, done) => { lines.push(String(chunk)); done(); } })).log(value, { nested: value }, "%o %O %j", value);
  return lines.join("");
}

const ways: Record<string, (value: object) => string> = {
  "JSON.stringify": (value) => JSON.stringify({ value, list: [value] }),
  "a template string": (value) => `${String(value)}`,
  "spread": (value) => JSON.stringify({ ...value }) + inspect({ ...value }, { showHidden: true, depth: 9 }),
  "Object.assign and entries": (value) => JSON.stringify(Object.assign({}, value)) + JSON.stringify(Object.entries(value)),
  "own property names": (value) => Object.getOwnPropertyNames(value).map((name) => JSON.stringify(Reflect.get(value, name) ?? "")).join(),
  "structuredClone": (value) => inspect(structuredClone(value), { showHidden: true, depth: 9 }),
  "console.log": consoleText,
  "util.inspect": (value) => inspect(value, { depth: 9 }),
  "util.inspect with hidden members and getters": (value) => inspect(value, { depth: 9, showHidden: true, getters: true }),
  "pino": pinoText,
};
// Every line of the key counts, plain or encoded once more.
const needles = pair.privateKey.split("\n").filter((line) => line.length > 30 && !line.startsWith("-----"))
  .flatMap((line) => [line, Buffer.from(line).toString("base64").slice(0, 32), Buffer.from(line).toString("hex")]);

describe.each(Object.entries(holders))("a private key in %s", (_what, holder) => {
  it.each(Object.entries(ways))("does not appear through %s", (_way, show) => {
    const text = show(holder);
    expect(text.length).toBeGreaterThan(5);
    for (const needle of needles) expect(text).not.toContain(needle);
  });
});

describe("a private key", () => {
  it("is there when asked for by name, and in storage only when asked for", () => {
    expect(instance.keyPrivate).toBe(pair.privateKey);
    expect(encodeInstance(instance)).not.toContain("keyPrivate");
    const stored = encodeInstance(instance, { includePrivateKey: true });
    // The search above would find it, were it there.
    expect(needles.some((needle) => stored.includes(needle))).toBe(true);
    expect(decodeInstance(stored).keyPrivate).toBe(pair.privateKey);
  });
});
