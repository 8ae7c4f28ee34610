/** Keys, environment, pull secret and master secret are nowhere in ledger, write-ahead log, logs, events or process parameters; what is encrypted there is gone with the first sweep after the workload has started. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { type ComputeGrant, type Envelope, Fleet } from "@bridge/core";
import { deriveSeed } from "@bridge/core/keys";
import { local } from "@bridge/backend-local";
import { openEnvelope } from "../src/records/envelope-box.ts";
import { requester } from "../test/fixtures/open-receipt.ts";
import { type Canary, findIn, missedForms } from "./secrets/forms.ts";
import type { Order } from "./secrets/leaser.ts";
import { SeenParameters } from "./secrets/seen-parameters.ts";

const folder = mkdtempSync(join(tmpdir(), "bridge-prove-"));
const at = (name: string) => join(folder, name);
const masterSecret = randomBytes(48);
const word = () => `canary-${randomBytes(24).toString("base64url")}`;
const [environmentValue, pullSecret] = [word(), word()];
const { requesterKey, open } = await requester();
const grant: ComputeGrant = {
  requestId: "one", issuer: "prove", providerId: "prove", validFrom: 0, validTo: Math.floor(Date.now() / 1000) + 600,
  manifest: { cpuMillicores: 100, ramMib: 64, storageGib: 0, arch: process.arch === "arm64" ? "arm64" : "amd64", tdx: "none", regions: [] },
};
const envelope: Envelope = {
  requesterKey, command: ["/bin/sh", "-c", "while :; do sleep 1; done"], environment: { TOKEN: environmentValue }, pullCredentials: { username: "me", password: pullSecret },
};
const order: Order = { ledger: at("ledger.sqlite"), stateDirectory: at("state"), logFile: at("log"), eventsFile: at("events"), masterSecret: masterSecret.toString("base64"), grant, envelope };
const ledgerFiles = ["", "-wal", "-shm"].map((end) => `${order.ledger}${end}`);
const parameters = new SeenParameters();
let failed = 0;

function check(what: string, good: boolean, more = ""): void {
  if (!good) failed += 1;
  console.log(`${good ? "ok  " : "FAIL"} ${what}${more === "" ? "" : `: ${more}`}`);
}

const start = (kill?: string) => {
  const child = spawn(process.execPath, [fileURLToPath(new URL("./secrets/leaser.ts", import.meta.url))], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.write(`${JSON.stringify({ ...order, kill })}\n`);
  return child;
};
const filesIn = (path: string): readonly string[] => (existsSync(path) ? readdirSync(path, { recursive: true, withFileTypes: true }) : []).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
const sizeOf = (paths: readonly string[]) => `${paths.length} files, ${paths.reduce((sum, path) => sum + statSync(path).size, 0)} bytes`;

function search(when: string, canaries: readonly Canary[]): void {
  const places = { "ledger, write-ahead log, shared memory": ledgerFiles.filter(existsSync), "log and events": [order.logFile, order.eventsFile].filter(existsSync), "records of the local backend": filesIn(order.stateDirectory) };
  for (const [place, paths] of Object.entries(places)) {
    const found = paths.flatMap((path) => findIn(readFileSync(path), canaries));
    check(`${when}: ${place}`, found.length === 0, found.length === 0 ? sizeOf(paths) : `found ${found.join(", ")}`);
  }
}

// Killed when the workload has started and nothing is written down of that: the envelope is still needed.
const killed = start("commit:run:before");
await once(killed, "exit");
check("the first process was killed in the middle", killed.signalCode === "SIGKILL");
mkdirSync(at("copy"));
for (const path of ledgerFiles.filter(existsSync)) copyFileSync(path, path.replace(folder, at("copy")));
const copy = new DatabaseSync(join(at("copy"), "ledger.sqlite"));
const row = copy.prepare("select request_key as key, attempt, salt, envelope_box as box from grants join attempts using (request_key)").get();
copy.close();
const [requestKey, salt, box] = [String(row?.["key"]), Buffer.from(String(row?.["salt"]), "base64"), String(row?.["box"])];
const seed = (purpose: string) => Buffer.from(deriveSeed(masterSecret, salt, [purpose, requestKey, Number(row?.["attempt"])]));
const canaries: readonly Canary[] = [
  { name: "master secret", bytes: masterSecret }, { name: "host key", bytes: seed("ssh-host") }, { name: "control key", bytes: seed("ssh-control") },
  { name: "requester's key", bytes: seed("ssh-user") }, { name: "environment", bytes: Buffer.from(environmentValue) }, { name: "pull secret", bytes: Buffer.from(pullSecret) },
];
const { forms, missed } = missedForms(canaries);
check("the search finds every form of every secret where there is one", missed === 0, `${canaries.length} secrets, ${forms} forms`);
search("after the crash", canaries);

/** Whether any piece of 24 characters of the text is in the ledger's files. */
const holds = (text: string) => ledgerFiles.filter(existsSync).some((path) => {
  const bytes = readFileSync(path);
  return Array.from({ length: Math.floor(text.length / 24) }, (_, i) => text.slice(i * 24, i * 24 + 24)).some((piece) => bytes.includes(piece));
});
const opens = (secret: Buffer) => {
  try {
    return openEnvelope(box, requestKey, { version: 1, secretOf: () => secret }).environment?.["TOKEN"] === environmentValue;
  } catch {
    return false;
  }
};
check("after the crash: the encrypted envelope is in the ledger", holds(box));
check("it opens with the master secret, and with no other", opens(masterSecret) && !opens(randomBytes(48)));

const child = start();
const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
const { receipt } = JSON.parse(String(value)) as { readonly receipt: string }; // printed by leaser.ts
const jws = await open(receipt, grant, Number(row?.["attempt"]));
const { keyPrivate = "" } = JSON.parse(Buffer.from(jws.split(".")[1] ?? "", "base64url").toString()) as { readonly keyPrivate?: string }; // a receipt
const keyBytes = Buffer.from(keyPrivate.replace(/-----[A-Z ]+-----|\n/g, ""), "base64");
check("the requester, and they alone, has the key that Bridge made", keyBytes.includes(seed("ssh-user")));
search("while the workload runs", canaries);
check("while the workload runs: the encrypted envelope is gone from the files", !holds(box));
check("while the workload runs: the receipt, sealed to the requester, is there", holds(receipt));
child.stdin.write("end\n");
await once(child, "exit");
search("after the end", canaries);
check("after the end: the encrypted envelope is gone, and the salt of the keys", !holds(box) && !holds(salt.toString("base64")));
const seen = parameters.stop();
const shown = findIn(Buffer.from(seen.join("\n"), "latin1"), canaries);
check("parameters of all processes, looked at 50 times a second", shown.length === 0, shown.length === 0 ? `${seen.length} different` : `found ${shown.join(", ")}`);

await using fleet = new Fleet({ owner: "prove", masterSecret, backends: [local({ stateDirectory: order.stateDirectory })] });
const left = (await fleet.list()).instances.filter(({ state }) => state !== "ended");
check("nothing is left", left.length === 0);
for (const instance of left) await fleet.terminate(instance);
rmSync(folder, { recursive: true, force: true });
console.log(`${canaries.length} secrets in ${forms} forms, ${failed} checks failed`);
process.exit(failed === 0 ? 0 : 1);
