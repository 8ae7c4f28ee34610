/** With OpenSSH: a wrong user key is refused, a wrong host key makes the client refuse, `ssh -tt` has a terminal that resizes. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Fleet } from "@bridge/core";
import { generateSshKeyPair, knownHostsLine } from "@bridge/core/keys";
import { local } from "@bridge/backend-local";

const version = spawnSync("ssh", ["-V"], { encoding: "utf8" });
if (version.status !== 0) throw new Error("this proof needs the OpenSSH client");
const directory = mkdtempSync(join(tmpdir(), "bridge-prove-"));
const file = (name: string, content: string) => {
  const path = join(directory, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
};
const user = generateSshKeyPair();
const fleet = new Fleet({ owner: "prove", masterSecret: "prove ".repeat(8), backends: [local({ stateDirectory: join(directory, "state") })] });
const instance = await fleet.provisionForGrant({
  requestId: "ssh", issuer: "prove", providerId: "prove", validFrom: 0, validTo: Math.floor(Date.now() / 1000) + 300,
  manifest: { cpuMillicores: 100, ramMib: 64, storageGib: 0, arch: process.arch === "arm64" ? "arm64" : "amd64", tdx: "none", regions: [] },
}, { sshPublicKey: user.publicKey });
const { publicHost: host, sshPort: port } = instance;
const right = { key: file("right", user.privateKey), known: file("known", `${knownHostsLine({ host, port, hostKey: instance.hostKey })}\n`) };
const wrongKey = file("wrong", generateSshKeyPair().privateKey);
const wrongHost = file("known-wrong", `${knownHostsLine({ host, port, hostKey: generateSshKeyPair().publicKey })}\n`);
const sshArguments = ({ key, known }: typeof right, ...rest: string[]) => [
  "-F", "none", "-i", key, "-o", `UserKnownHostsFile=${known}`, "-o", "GlobalKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes",
  "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-p", String(port), `${instance.user}@${host}`, ...rest,
];
const ssh = (files: typeof right, ...rest: string[]) => spawnSync("ssh", sshArguments(files, ...rest), { encoding: "utf8", timeout: 20_000 });

let failed = 0;
const claim = (what: string, good: boolean, seen: string) => {
  if (!good) failed += 1;
  console.log(`${good ? "ok  " : "FAIL"} ${what}: ${seen.trim().split("\n").at(-1) ?? ""}`);
};

const welcome = ssh(right, "echo welcome; exit 3");
claim("right keys come in, with the exit code", welcome.status === 3 && welcome.stdout === "welcome\n", `${welcome.stdout.trim()}, exit ${welcome.status}`);
const stranger = ssh({ ...right, key: wrongKey }, "echo welcome");
claim("a wrong user key is refused", stranger.status === 255 && stranger.stdout === "" && stranger.stderr.includes("Permission denied"), stranger.stderr);
const impostor = ssh({ ...right, known: wrongHost }, "echo welcome");
claim("with a wrong host key the client refuses", impostor.status === 255 && impostor.stdout === "" && impostor.stderr.includes("Host key verification failed"), impostor.stderr);

// OpenSSH itself needs a terminal whose size can change: script(1) gives it one, stty(1) changes it.
const ttyFile = join(directory, "tty");
const program = "trap 'stty size' WINCH; echo ready; while :; do sleep 0.05; done";
const session = spawn("script", ["-q", "-e", "-f", "-c", 'tty >"$TTY_FILE"; stty rows 30 columns 100; exec ssh "$@"'.replace('"$@"', '$SSH_ARGUMENTS "$SSH_COMMAND"'), "/dev/null"], {
  env: { ...process.env, TTY_FILE: ttyFile, SSH_ARGUMENTS: `-tt ${sshArguments(right).join(" ")}`, SSH_COMMAND: `tty; stty size; ${program}` },
});
const closed = once(session, "close");
let seen = "";
session.stdout.on("data", (chunk) => { seen += String(chunk); });
const until = async (text: RegExp) => {
  for (let i = 0; i < 200 && !text.test(seen); i++) await sleep(50);
  return text.test(seen);
};
await until(/ready/);
claim("ssh -tt has a terminal of the client's size", /\/dev\/(pts\/|ttys)\d+\s+30 100\s/.test(seen), seen.replaceAll(/\s+/g, " "));
spawnSync("stty", [process.platform === "darwin" ? "-f" : "-F", readFileSync(ttyFile, "utf8").trim(), "rows", "43", "columns", "132"]);
claim("the terminal follows when the client's window changes", await until(/43 132/), seen);
session.stdin.write("\x03");
const [code] = await Promise.race([closed, sleep(5000).then(() => ["still running after 5 s"])]);
claim("Ctrl-C interrupts what runs in it", code === 130, `exit ${String(code)}`);
session.kill("SIGKILL");

await fleet.terminate(instance);
const left = (await fleet.list()).instances.length;
await fleet.close();
rmSync(directory, { recursive: true, force: true });
console.log(`${version.stderr.trim()}; ${failed} of 6 failed; left: ${left}`);
process.exit(failed === 0 && left === 0 ? 0 : 1);
