/** Ten grants on the local backend, each with an SSH session inside; `kill -9` of the controller, twice: the same ten instances, no session interrupted, usage goes on, each ends clean. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ComputeGrant, requestKeyOf } from "@bridge/core";
import { generateSshKeyPair, knownHostsLine } from "@bridge/core/keys";
import type { AttemptRow, GrantStatus, SshAccessReceipt } from "@bridge/controller";
import { ledgerAtDeath } from "../crash/kill/ledger-at-death.ts";
import { localSite } from "../crash/kill/local-site.ts";
import { readBook } from "../crash/kill/workload.ts";
import { startRunner } from "../crash/kill/runner-process.ts";
import type { RunnerConfig } from "../crash/runner-config.ts";

const count = 10;
const boundSeconds = 60;
const version = spawnSync("ssh", ["-V"], { encoding: "utf8" });
if (version.status !== 0) throw new Error("this proof needs the OpenSSH client");
const folder = mkdtempSync(join(tmpdir(), "bridge-prove-"));
const owner = "prove";
const site = localSite({ owner, folder: join(folder, "site"), firstAttempt: "served", seed: 0 });
const user = generateSshKeyPair();
const identity = join(folder, "identity");
writeFileSync(identity, user.privateKey, { mode: 0o600 });
const stop = join(folder, "stop");
const now = Math.floor(Date.now() / 1000);
const leases = Array.from({ length: count }, (_, index) => {
  const grant: ComputeGrant = {
    requestId: `ten-${index}`, issuer: "prove", providerId: "prove", validFrom: now - 1, validTo: now + 600,
    manifest: { cpuMillicores: 100, ramMib: 64, storageGib: 0, arch: process.arch === "arm64" ? "arm64" : "amd64", tdx: "none", regions: [] },
  };
  const book = join(folder, `book-${index}`);
  // It ends, with a code of its own, when the proof says so.
  const command = ["/bin/sh", "-c", 'echo start >>"$BOOK"; while [ ! -e "$STOP" ]; do sleep 0.5; done; exit "$CODE"'];
  const envelope = { sshPublicKey: user.publicKey, command, environment: { BOOK: book, STOP: stop, CODE: String(10 + index) } };
  return { grant, envelope, cancel: false, book, code: 10 + index, requestKey: requestKeyOf(owner, grant) };
});
const config: RunnerConfig = {
  ledger: join(folder, "ledger.sqlite"), owner, providerId: "prove", masterSecret: "prove ".repeat(8), backends: site.backends, adopt: [], timeoutSeconds: 120,
  settings: { sampleSeconds: 1, sweepSeconds: 1 }, leases: leases.map(({ grant, envelope, cancel }) => ({ grant, envelope, cancel })),
};

let [claims, failed] = [0, 0];
const claim = (what: string, good: boolean, seen: string) => {
  claims += 1;
  if (!good) failed += 1;
  console.log(`${good ? "ok  " : "FAIL"} ${what}: ${seen}`);
};
async function until(condition: () => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < boundSeconds * 1000 && !condition(); waitedMs += 50) await sleep(50);
}
/** What the ledger holds of the ten, read from a copy, when nobody has it open. */
const atDeath = async (): Promise<readonly AttemptRow[]> => (await ledgerAtDeath(config.ledger, leases.map(({ requestKey }) => requestKey), config)).attempts;
const identityOf = (attempts: readonly AttemptRow[]) => JSON.stringify(attempts.map(({ requestKey, attempt, instance }) => [requestKey, attempt, instance?.instanceId, instance?.sshPort, instance?.hostKey]));
/** What the receipt of a running grant says: how its requester reaches the machine. */
function accessOf({ receipt = "" }: GrantStatus): SshAccessReceipt {
  // Signed by the controller; unsealed, because these envelopes bring no key to seal to.
  return JSON.parse(Buffer.from(receipt.split(".")[1] ?? "", "base64url").toString()) as SshAccessReceipt;
}
const wallOf = ({ usage }: AttemptRow): number => (usage?.wallSeconds.source === "measured" ? usage.wallSeconds.value : Number.NaN);

/** A session of OpenSSH that prints a number, counting up, for as long as it lives. */
function openSession(status: GrantStatus, index: number) {
  const { host, port, hostKey, user: account } = accessOf(status);
  const known = join(folder, `known-${index}`);
  writeFileSync(known, `${knownHostsLine({ host, port, hostKey })}\n`);
  const child = spawn("ssh", [
    "-F", "none", "-i", identity, "-o", `UserKnownHostsFile=${known}`, "-o", "GlobalKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes",
    "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-p", String(port), `${account}@${host}`, 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.2; done',
  ], { stdio: ["ignore", "pipe", "ignore"] });
  const session = { child, ticks: [] as number[], longestPauseMs: 0, ended: false };
  let lastMs = performance.now();
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    session.longestPauseMs = Math.max(session.longestPauseMs, session.ticks.length === 0 ? 0 : performance.now() - lastMs);
    lastMs = performance.now();
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    session.ticks.push(...lines.map(Number));
  });
  child.on("close", () => { session.ended = true; });
  return session;
}

const runnerFile = join(folder, "runner.json");
const first = startRunner(runnerFile, config);
await until(() => first.running().length === count);
const sessions = first.running().map(openSession);
await until(() => sessions.every(({ ticks }) => ticks.length >= 5));
claim("ten grants run, and OpenSSH has a session in each, its host key verified", sessions.filter(({ ticks }) => ticks.length >= 5).length === count, version.stderr.trim());
first.kill();
await first.ended;
const before = await atDeath();
await sleep(1000);

const second = startRunner(runnerFile, config);
await until(() => second.running().length === count);
await sleep(3000);
second.kill();
await second.ended;
const later = await atDeath();
const third = startRunner(runnerFile, config);
await until(() => third.running().length === count);
await sleep(2000);
const counted = sessions.map(({ ticks }) => ticks.length);
const isWhole = sessions.every(({ ticks, ended }) => !ended && ticks.every((tick, index) => tick === index + 1));
claim("two kills later no session has missed a tick", isWhole, `${Math.min(...counted)} to ${Math.max(...counted)} ticks, longest pause ${Math.max(...sessions.map(({ longestPauseMs }) => longestPauseMs)).toFixed(0)} ms`);

const stoppedAtMs = Date.now();
writeFileSync(stop, "");
const { end, statuses, log } = await third.ended;
for (const { child, ended } of sessions) if (!ended) await Promise.race([once(child, "close"), sleep(5000)]);
claim("the controller finishes by itself", end === "finished", end);
const made = await site.made();
claim("the same ten instances, ports and host keys all along", identityOf(before) === identityOf(later) && before.length === count && made.length === count, `${made.length} machines were ever made`);
const walls = statuses.map(({ result, requestKey }) => {
  const wall = result?.kind === "ran" && result.usage.wallSeconds.source === "measured" ? result.usage.wallSeconds.value : Number.NaN;
  const of = (rows: readonly AttemptRow[]) => rows.filter((row) => row.requestKey === requestKey).map(wallOf)[0] ?? Number.NaN;
  const madeAtMs = made.find((machine) => machine.requestKey === requestKey)?.madeAtMs ?? Number.NaN;
  return { readings: [of(before), of(later), wall] as const, realSeconds: (stoppedAtMs - madeAtMs) / 1000 };
});
// The stop is seen within half a second, and a reading is taken each second.
const isContinuous = walls.every(({ readings: [one, two, three], realSeconds }) => one < two && two < three && Math.abs(three - realSeconds) < 3);
const [sample] = walls;
claim("usage goes on, neither reset nor added twice", walls.length === count && isContinuous, `for example ${sample?.readings.map((value) => value.toFixed(1)).join(", ")} s of ${sample?.realSeconds.toFixed(1)} s`);
const isClean = leases.every(({ requestKey, code, book }) => statuses.some((status) => status.requestKey === requestKey && status.result?.kind === "ran"
  && status.result.usage.exit.reason === "exited" && status.result.usage.exit.code === code) && readBook(book).starts === 1);
claim("each workload was started once and ended with its own code", isClean, statuses.map(({ result }) => (result?.kind === "ran" ? String(result.usage.exit.code) : "-")).join(" "));
claim("every log is signed", statuses.length === count && statuses.every(({ log }) => log !== undefined), String(statuses.filter(({ log }) => log !== undefined).length));
const left = await site.left();
claim("nothing is left", left.length === 0, left.length === 0 ? "no instance, no process" : left.join(", "));
await site.close();
for (const { child } of sessions) child.kill("SIGKILL");
if (failed > 0) console.log(log);
rmSync(folder, { recursive: true, force: true });
console.log(`${failed} of ${claims} failed`);
process.exit(failed === 0 ? 0 : 1);
