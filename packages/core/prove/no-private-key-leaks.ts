/** A private key never appears through JSON, templates, spread, clone, console.log, inspection, pino or an error's cause. */
import { Writable } from "node:stream";
import { inspect } from "node:util";
import { BridgeError, createInstance, decodeInstance, encodeInstance, type InstanceFields } from "@bridge/core";
import { generateSshKeyPair } from "@bridge/core/keys";
import { pino } from "pino";

const pair = generateSshKeyPair();
const canary = pair.privateKey;
const placement = { scope: "s", region: "r", size: "z", resolved: {} };
const fields: InstanceFields = {
  backend: "b", scope: "s", requestKey: "a".repeat(26), attempt: 1, placement, intentAtMs: 1, instanceId: "i", region: "r", publicHost: "h", sshPort: 22,
  user: "u", keyPublic: pair.publicKey, hostKey: pair.publicKey, startedAt: 1, providerId: "p", isolation: "vm", tdx: "none", hostKeyProvenance: "injected",
};
const instance = createInstance(fields, canary);
const error = new BridgeError("timeout", "went wrong", { ref: instance, cause: new Error("inner", { cause: instance }) });

/** What pino writes. */
function pinoText(value: unknown): string {
  let text = "";
  pino({}, new Writable({ write(chunk, _encoding, done) { text += String(chunk); done(); } })).info({ value, err: error }, "message");
  return text;
}

/** What console.log writes. */
function consoleText(value: unknown): string {
  let text = "";
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (chunk) => { text += String(chunk); return true; };
  console.log(value, { nested: value }, "%o", value);
  process.stdout.write = write;
  return text;
}

const ways: Record<string, (value: object) => string> = {
  "JSON.stringify": (value) => JSON.stringify({ value, list: [value] }),
  "template string": (value) => `${String(value)}`,
  "spread": (value) => inspect({ ...value }, { depth: 9, showHidden: true }) + JSON.stringify({ ...value }),
  "structuredClone": (value) => inspect(structuredClone(value), { depth: 9, showHidden: true }),
  "Object.entries": (value) => JSON.stringify(Object.entries(value)) + Object.getOwnPropertyNames(value).map((name) => JSON.stringify(Reflect.get(value, name) ?? "")).join(),
  "console.log": consoleText,
  "inspect, hidden and getters": (value) => inspect(value, { depth: 9, showHidden: true, getters: true }),
  "pino": pinoText,
  "encodeInstance without asking": (value) => (value === instance ? encodeInstance(instance) : ""),
};
// Every line of the key counts, in every encoding that a log might use.
const body = canary.split("\n").filter((line) => line.length > 30 && !line.startsWith("-----"));
const forms = body.flatMap((line) => [line, Buffer.from(line).toString("base64").slice(0, 32), Buffer.from(line).toString("hex")]);
const leaks = (text: string): boolean => forms.some((form) => text.includes(form));

let failed = 0;
for (const [what, value] of Object.entries({ instance, "key pair": pair, "error with ref and cause": error })) {
  for (const [way, show] of Object.entries(ways)) {
    const text = show(value);
    if (leaks(text)) failed += 1;
    console.log(`${leaks(text) ? "LEAK" : "ok  "} ${what}: ${way} (${text.length} characters)`);
  }
}
const stored = decodeInstance(encodeInstance(instance, { includePrivateKey: true }));
const kept = instance.keyPrivate === canary && stored.keyPrivate === canary && leaks(encodeInstance(instance, { includePrivateKey: true }));
console.log(`${kept ? "ok  " : "FAIL"} asked for by name, it is there, and the search above would find it`);
console.log(`${failed} leaks`);
process.exit(failed === 0 && kept ? 0 : 1);
