/** The user data of RunInstances, on a real machine: cloud-init accepts it, OpenSSH with strict checking gets in, only the control verbs run, the deadline is kept with nobody connected, and `bridge reap` ends what a tenant has freed of its deadline. */
// Needs root, podman, mmdebstrap and the OpenSSH client. The machine is Debian in a container of its own: real systemd, cloud-init and sshd.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { findExitReport, parseControlStatus } from "@bridge/backend-kit";
import { generateSshKeyPair, sshFingerprint } from "@bridge/core/keys";
import { addToCountsFile } from "../../workspace/src/counts.ts";
import { withContainerEngine } from "../../workspace/src/container-engine.ts";
import { mustRun } from "../../workspace/src/run-command.ts";
import { launcher } from "./launches.ts";
import { RealMachine, until } from "./real-machine.ts";
import { reaperIn } from "./reaper.ts";

const startedAtMs = performance.now();
let passed = 0;
const say = (text: string) => console.log(`${((performance.now() - startedAtMs) / 1000).toFixed(0).padStart(4)} s  ${text}`);
const lastLine = (text: string) => text.trim().split(/\r?\n/).at(-1) ?? "";
/** What is claimed, and what was seen. */
const claim = (what: string, holds: boolean, seen: string) => {
  assert.ok(holds, `${what}: ${seen}`);
  passed += 1;
  say(`${what}: ${seen}`);
};
const strangersKey = generateSshKeyPair();
/** From the deadline until a machine switches itself off. */
const graceMs = 300_000;

/** The whole life of a machine, over SSH. */
async function live(machine: RealMachine): Promise<void> {
  const { launch, port } = machine;
  const schema = await machine.inside("cloud-init", "schema", "--config-file", "/var/lib/cloud/seed/nocloud/user-data");
  claim("cloud-init schema --config-file", schema.code === 0 && /valid/i.test(schema.output), lastLine(schema.output));
  const status = await machine.inside("cloud-init", "status", "--long", "--wait");
  claim("cloud-init status --long", status.code === 0 && /^status: done$/m.test(status.output), status.output.replaceAll(/\s*\n\s*/g, "; "));

  const scanned = (await mustRun("ssh-keyscan", ["-T", "10", "-p", String(port), "127.0.0.1"])).split("\n").filter((line) => line.startsWith("[")).map((line) => line.split(" ").slice(1).join(" "));
  claim("the host key is the one that was made beforehand, and the only one", scanned.length === 1 && scanned[0] === launch.hostKey.publicKey.split(" ").slice(0, 2).join(" "), sshFingerprint(launch.hostKey.publicKey));
  const requester = generateSshKeyPair();
  const mismatch = await machine.ssh({ user: "bridge-control", privateKey: launch.controlKey.privateKey }, ["status"], { hostKey: strangersKey.publicKey });
  claim("a client that expects another host key refuses", mismatch.code === 255 && /Host key verification failed/.test(mismatch.output), lastLine(mismatch.output));

  for (const words of ["id", "sh -c id", "", "status; id", "status id", "arm", "run", "ended", "; id", "$(id)"]) {
    const { code, output } = await machine.control(words);
    claim(`control refuses "${words}"`, code !== 0 && !output.includes("uid="), `${code}, ${lastLine(output)}`);
  }
  const control = { user: "bridge-control", privateKey: launch.controlKey.privateKey };
  const terminal = await machine.ssh(control, [], { options: ["-tt"] });
  claim("control has no terminal", terminal.code !== 0 && /PTY allocation request failed/.test(terminal.output), lastLine(terminal.output));
  const forward = await machine.ssh(control, [], { options: ["-W", "127.0.0.1:22"] });
  claim("control forwards nothing", forward.code !== 0 && !forward.output.includes("SSH-2.0"), lastLine(forward.output));
  for (const login of [{ user: "bridge-control", privateKey: strangersKey.privateKey }, { user: "bridge", privateKey: requester.privateKey }, { user: "root", privateKey: launch.controlKey.privateKey }, { user: "bridge", privateKey: launch.controlKey.privateKey }]) {
    const { code, output } = await machine.ssh(login, ["id"]);
    claim(`before the start, ${login.user} is not let in with a key that is not its own`, code === 255 && output.includes("Permission denied (publickey)"), lastLine(output));
  }
  const sudo = await machine.inside("sudo", "-u", "bridge-control", "sudo", "-n", "-l");
  const allowed = sudo.output.split("\n").filter((line) => line.includes("NOPASSWD")).map((line) => line.trim());
  claim("sudo of the control account", allowed.length === 1 && allowed[0] === "(root) NOPASSWD: /usr/lib/bridge/ctl start, /usr/lib/bridge/ctl status, /usr/lib/bridge/ctl stop", allowed.join("; "));

  const timer = await machine.inside("systemctl", "show", "bridge-deadline.timer", "--property=ActiveState,TimersCalendar", "--timestamp=unix");
  const nextMs = Number(/next_elapse=@(\d+)/.exec(timer.output)?.[1]) * 1000;
  claim("the deadline timer is armed, 5 minutes after the deadline", timer.output.includes("ActiveState=active") && nextMs === launch.deadlineMs + graceMs, `${new Date(nextMs).toISOString()}, deadline ${new Date(launch.deadlineMs).toISOString()}`);

  const request = {
    version: 1, requestKey: launch.requestKey, attempt: launch.attempt, sshPublicKey: requester.publicKey, exitMac: Buffer.from(launch.exitMac).toString("base64"),
    command: ["/bin/sh", "-c", "id -un >/tmp/ran; echo \"$GREETING\" >>/tmp/ran; trap 'exit 7' TERM; while :; do sleep 0.2; done"], environment: { GREETING: "from the envelope" },
  };
  const foreign = await machine.control("start", JSON.stringify({ ...request, attempt: 2 }));
  claim("control: start for another attempt is refused", foreign.code === 2, lastLine(foreign.output));
  const started = await machine.control("start", JSON.stringify(request));
  claim("control: start", started.code === 0 && parseControlStatus(started.printed).state === "running", lastLine(started.output));
  const again = await machine.control("start", JSON.stringify(request));
  claim("control: a second start is refused", again.code === 3 && again.output.includes("already started"), lastLine(again.output));

  const tenant = { user: "bridge", privateKey: requester.privateKey };
  const who = await machine.ssh(tenant, ["id -un; sudo -n id -un"]);
  claim("the requester gets in, with sudo", who.code === 0 && who.printed === "bridge\nroot\n", who.printed.trim().replace("\n", ", "));
  const ran = await until(20, "the workload runs", async () => {
    const { printed } = await machine.ssh(tenant, ["cat /tmp/ran; systemctl is-active workload.service"]);
    return printed.includes("from the envelope") ? printed : undefined;
  });
  claim("the unit workload runs the command as the user, with the environment", ran === "bridge\nfrom the envelope\nactive\n", ran.trim().replaceAll("\n", ", "));
  const passwords = await machine.ssh(tenant, ["true"], { options: ["-o", "PreferredAuthentications=password,keyboard-interactive", "-o", "PubkeyAuthentication=no"] });
  claim("nobody gets in with a password", passwords.code === 255 && passwords.output.includes("(publickey)"), lastLine(passwords.output));

  const stopped = await machine.control("stop");
  claim("control: stop", stopped.code === 0, lastLine(stopped.output));
  const exited = await until(30, "the workload has exited", async () => {
    const { printed, code } = await machine.control("status");
    return code === 0 && parseControlStatus(printed).state === "exited" ? printed.trim() : undefined;
  });
  claim("control: status", parseControlStatus(exited).exitCode === 7, exited);
  const endedAtMs = await machine.ended(60);
  const printedAtEnd = await machine.console();
  const line = /BRIDGE-EXIT v1 .*/.exec(printedAtEnd)?.[0].trim() ?? "";
  claim("the exit line on the console bears the attempt's MAC", findExitReport(printedAtEnd, launch, launch.exitMac)?.code === 7, line);
  claim("with another key it is nobody's word", findExitReport(printedAtEnd, launch, new Uint8Array(32)) === undefined, "not believed");
  claim("it has switched itself off", endedAtMs > 0, new Date(endedAtMs).toISOString());
}

/** Nobody connects: the machine keeps its deadline alone. */
async function expire(machine: RealMachine): Promise<void> {
  const powerOffAtMs = machine.launch.deadlineMs + graceMs;
  const endedAtMs = await machine.ended(180);
  const lateSeconds = (endedAtMs - powerOffAtMs) / 1000;
  claim("user data packed, nobody ever connected: the machine has switched itself off 5 minutes after its deadline", lateSeconds >= 0 && lateSeconds < 60, `${lateSeconds.toFixed(1)} s after ${new Date(powerOffAtMs).toISOString()}`);
}

/** A tenant with root stops the timer: only a reaper ends it. */
async function escape(machine: RealMachine, othersEnd: Promise<void>): Promise<void> {
  await machine.ready(180);
  const requester = generateSshKeyPair();
  const { launch } = machine;
  const tenant = { user: "bridge", privateKey: requester.privateKey };
  const start = await machine.control("start", JSON.stringify({ version: 1, requestKey: launch.requestKey, attempt: 1, sshPublicKey: requester.publicKey, exitMac: Buffer.from(launch.exitMac).toString("base64") }));
  assert.equal(start.code, 0, start.output);
  const cancelled = await machine.ssh(tenant, ["sudo systemctl disable --now bridge-deadline.timer; systemctl is-active bridge-deadline.timer"]);
  claim("a tenant cancels the timer", cancelled.output.includes("inactive"), lastLine(cancelled.output));
  await othersEnd;
  await sleep(3000);
  const alive = await machine.ssh(tenant, ["id -un"]);
  claim("when another of the same deadline has long ended, it lives on", alive.printed === "bridge\n", `${((Date.now() - launch.deadlineMs - graceMs) / 1000).toFixed(0)} s after the timer's time it answers ${lastLine(alive.printed)}`);
}

const folder = mkdtempSync(join(tmpdir(), "bridge-cloud-init-"));
const { launch, close } = await launcher();
try {
  await withContainerEngine(async (engine) => {
    say(engine.about);
    const place = { engine, folder };
    const whole = await launch("whole", Date.now() + 3_600_000);
    say(`user data as RunInstances carried it: ${whole.userData.length} bytes of at most 16384, packed only above that; tags ${Object.keys(whole.tags).join(", ")}`);
    const bootedAtMs = performance.now();
    const first = await RealMachine.boot(whole, place);
    const { output: waiting } = await first.ready(180);
    const bootSeconds = (performance.now() - bootedAtMs) / 1000;
    claim("control: status", parseControlStatus(waiting).state === "waiting", `${bootSeconds.toFixed(1)} s after podman run: ${waiting}`);

    // Soon, and late enough for a tenant to get in before it, however busy this computer is.
    const deadlineMs = Date.now() - graceMs + Math.max(20, 10 + 4 * bootSeconds) * 1000;
    const [alone, freed] = [await launch("alone", deadlineMs), await launch("freed", deadlineMs)];
    const [second, third] = await Promise.all([RealMachine.boot(alone, { ...place, userData: gzipSync(alone.userData) }), RealMachine.boot(freed, place)]);
    const expired = expire(second);
    await Promise.all([live(first), expired, escape(third, expired)]);

    const reap = reaperIn(mkdtempSync(join(folder, "reaper-")), engine);
    const told = await reap("reap", "--report-only");
    say(`$ bridge reap --report-only\n${told.output.trim().replaceAll(/^/gm, "        ")}`);
    claim("a reaper that only reports ends nothing", told.code === 0 && (await third.state()).runs, "it runs");
    const reaped = await reap("reap");
    say(`$ bridge reap\n${reaped.output.trim().replaceAll(/^/gm, "        ")}`);
    const left = (await engine.podman("ps", "--all", "--quiet", "--no-trunc")).trim();
    claim("bridge reap alone, without ledger and master secret, has removed what was past its deadline, and nothing else", reaped.code === 0 && left === first.id, "left is the machine whose deadline is in an hour, switched off");
    await engine.podman("rm", "--force", first.id);
  });
  addToCountsFile({ passed, failed: 0, skipped: 0 });
  say(`${passed} claims hold; nothing is left: no container, no process`);
} finally {
  await close();
  rmSync(folder, { recursive: true, force: true });
}
