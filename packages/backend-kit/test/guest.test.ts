import { statSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findExitReport, parseControlStatus } from "../src/index.ts";
import { exitMac, Guest, hasPython, startRequest } from "./fixtures/guest.ts";

const attempt = { requestKey: startRequest.requestKey, attempt: 1 };
const user = userInfo().username;
const image = `registry.test/some/image@sha256:${"a".repeat(64)}`;
const armed = "systemctl enable --now bridge-deadline.timer";

describe.skipIf(!hasPython)("the guest's control script, run for real (python3 is needed)", () => {
  test("a machine that booted waits", () => {
    const { code, printed } = new Guest().run(["status"]);
    expect([code, parseControlStatus(printed)]).toEqual([0, { version: 1, state: "waiting", user }]);
  });

  test.for(["status", "start", "stop"])("%s is refused until cloud-init has armed the deadline, its last command: before that it may restart the SSH server", (verb) => {
    const guest = new Guest({ booted: false });
    expect(guest.run([verb])).toMatchObject({ code: 4, printed: "" });
    guest.run(["arm"]);
    expect(parseControlStatus(guest.run(["status"]).printed).state).toBe("waiting");
    expect(guest.start().code).toBe(0);
  });

  test("start arms the deadline, lets the requester in and starts the unit, in this order", () => {
    const guest = new Guest();
    const before = Date.now();
    const { code, printed } = guest.start();
    expect([code, parseControlStatus(printed)]).toEqual([0, { version: 1, state: "running", user, startedAtMs: expect.any(Number) }]);
    expect(parseControlStatus(printed).startedAtMs).toBeGreaterThanOrEqual(before);
    expect(guest.calls()).toEqual([armed, "systemctl enable workload.service", "systemctl start --no-block workload.service"]);
    const authorized = join(userInfo().homedir, ".ssh/authorized_keys");
    expect(guest.read(authorized)).toBe("ssh-ed25519 AAAA\n");
    expect(statSync(join(guest.root, authorized)).mode & 0o777).toBe(0o600);
    expect(statSync(join(guest.root, "var/lib/bridge/started/request.json")).mode & 0o777).toBe(0o600);
  });

  test("a second start is refused and changes nothing, whatever it asks for", () => {
    const guest = new Guest();
    guest.start();
    guest.calls();
    const { code, printed } = guest.start({ sshPublicKey: "ssh-ed25519 BBBB", command: ["/bin/other"] });
    expect([code, printed]).toEqual([3, ""]);
    expect(guest.calls()).toEqual([]);
    expect(guest.read(join(userInfo().homedir, ".ssh/authorized_keys"))).toBe("ssh-ed25519 AAAA\n");
  });

  test.for([
    ["another request", { requestKey: "b".repeat(26) }], ["another attempt", { attempt: 2 }], ["two lines as a key", { sshPublicKey: "ssh-ed25519 AAAA\ncommand=\"x\" ssh-ed25519 BBBB" }],
  ] as const)("a start with %s is refused and leaves the machine waiting", ([, change]) => {
    const guest = new Guest();
    expect(guest.start(change).code).toBe(2);
    expect(parseControlStatus(guest.run(["status"]).printed).state).toBe("waiting");
  });

  test("a start whose deadline timer cannot be armed fails and leaves the machine waiting", () => {
    const guest = new Guest();
    guest.program("systemctl", "exit 1");
    expect(guest.start().code).not.toBe(0);
    expect(parseControlStatus(guest.run(["status"]).printed).state).toBe("waiting");
  });

  test.for([[], ["sh"], ["start", "status"], ["--help"], [";", "reboot"]])("other words than one verb are refused: %o", (words) => {
    expect(new Guest().run(words).code).toBe(2);
  });

  test("a machine that boots after its deadline powers off", () => {
    const guest = new Guest({ powerOffAtMs: Date.now() - 1 });
    expect(guest.run(["arm"]).code).toBe(0);
    expect(guest.calls()).toEqual([armed, "systemctl poweroff"]);
  });

  test("the workload runs with its environment and exit code, once", () => {
    const guest = new Guest();
    guest.start();
    expect(guest.run(["run"])).toMatchObject({ code: 9, printed: "hello\n" });
    expect(guest.run(["run"])).toMatchObject({ code: 0, printed: "" });
  });

  test.for([[["/no/such/program"], 127], [["/etc/passwd"], 126]] as const)("a command that cannot be run (%o) exits with %d", ([command, code]) => {
    const guest = new Guest();
    guest.start({ command });
    expect(guest.run(["run"]).code).toBe(code);
  });

  test.for([
    ["exited", "0", 0], ["exited", "7", 7], ["killed", "TERM", 143], ["dumped", "SEGV", 139],
  ] as const)("an end by %s %s is reported as %d, with a line that verifies", ([how, what, expected]) => {
    const guest = new Guest();
    guest.start();
    guest.calls();
    expect(guest.run(["ended"], { environment: { EXIT_CODE: how, EXIT_STATUS: what } }).code).toBe(0);
    expect(findExitReport(guest.read("dev/console"), attempt, exitMac)).toMatchObject({ code: expected, cpuMicroseconds: 2_500, networkTxBytes: 77 });
    expect(findExitReport(guest.read("dev/console"), attempt, exitMac)).not.toHaveProperty("networkRxBytes");
    expect(guest.calls().at(-1)).toBe("systemd-run --quiet --collect --on-active=10s --timer-property=AccuracySec=1s systemctl poweroff");
    expect(parseControlStatus(guest.run(["status"]).printed)).toMatchObject({ state: "exited", exitCode: expected });
  });

  test("a reset in the middle does not run the workload again: it has exited, the code is unknown, the machine powers off", () => {
    const guest = new Guest();
    guest.start();
    guest.run(["run"]);
    guest.calls();
    expect(guest.run(["run"]).printed).toBe("");
    expect(findExitReport(guest.read("dev/console"), attempt, exitMac)).not.toHaveProperty("code");
    expect(parseControlStatus(guest.run(["status"]).printed)).not.toHaveProperty("exitCode");
    expect(guest.calls().at(-1)).toMatch(/poweroff/);
  });

  test("a reboot after the end says again how it ended and does not make it anew", () => {
    const guest = new Guest();
    guest.start();
    guest.run(["ended"], { environment: { EXIT_CODE: "exited", EXIT_STATUS: "5" } });
    const said = guest.read("dev/console");
    guest.run(["run"]);
    guest.run(["ended"], { environment: { EXIT_CODE: "exited", EXIT_STATUS: "0" } });
    expect(guest.read("dev/console")).toBe(said);
    expect(findExitReport(said, attempt, exitMac)).toMatchObject({ code: 5 });
  });

  test("a bare machine has no unit; stop ends it", () => {
    const guest = new Guest();
    const { command: _command, environment: _environment, ...bare } = startRequest;
    expect(guest.run(["start"], { input: JSON.stringify(bare) }).code).toBe(0);
    expect(guest.calls()).toEqual([armed]);
    expect(parseControlStatus(guest.run(["stop"]).printed).state).toBe("exited");
    expect(guest.calls().at(-1)).toMatch(/poweroff/);
  });

  test("stop of a workload stops its unit; before the start it is refused", () => {
    const guest = new Guest();
    expect(guest.run(["stop"]).code).toBe(3);
    guest.start();
    guest.calls();
    expect(parseControlStatus(guest.run(["stop"]).printed).state).toBe("running");
    expect(guest.calls()).toEqual(["systemctl stop --no-block workload.service"]);
  });

  test("an image is pulled by digest with credentials that are gone before it runs", () => {
    const guest = new Guest();
    guest.start({ imageReference: image, command: ["serve"], pullCredentials: { username: "u", password: "p" } });
    expect(guest.read("var/lib/bridge/started/request.json")).not.toContain("pullCredentials");
    expect(JSON.parse(guest.read("var/lib/bridge/started/auth.json"))).toEqual({ auths: { "registry.test": { auth: Buffer.from("u:p").toString("base64") } } });
    expect(statSync(join(guest.root, "var/lib/bridge/started/auth.json")).mode & 0o777).toBe(0o600);
    guest.calls();
    guest.program("podman", `[ "$1" != run ] || { [ -e ${guest.root}/var/lib/bridge/started/auth.json ] && exit 99; exit 4; }`);
    expect(guest.run(["run"]).code).toBe(4);
    expect(guest.calls()).toEqual([
      `podman pull --quiet --authfile ${guest.root}/var/lib/bridge/started/auth.json ${image}`,
      `podman run --rm --replace --name=workload --cgroups=split --network=host --env=GREETING=hello ${image} serve`,
    ]);
  });

  test("an engine that is not there is installed, when the machine's own update has let go of the packages", () => {
    const guest = new Guest();
    guest.start({ imageReference: image });
    guest.remove("podman");
    guest.calls();
    const made = `printf '#!/bin/sh\necho "podman $1" >> ${guest.root}/calls\n' > ${guest.root}/programs/podman; /bin/chmod 755 ${guest.root}/programs/podman`;
    guest.program("apt-get", `[ -e ${guest.root}/unlocked ] || { : > ${guest.root}/unlocked; exit 100; }\n[ "$1" != install ] || { ${made}; }`);
    expect(guest.run(["run"], { environment: guest.onlyOwn }).code).toBe(0);
    expect(guest.calls()).toEqual(["apt-get update", "apt-get update", "apt-get install -y podman", "podman pull", "podman run"]);
  });

  test("an engine that cannot be installed is exit code 125, and the credentials are gone", () => {
    const guest = new Guest();
    guest.start({ imageReference: image, pullCredentials: { username: "u", password: "p" } });
    guest.remove("podman");
    guest.program("apt-get", "exit 100");
    expect(guest.run(["run"], { environment: guest.onlyOwn }).code).toBe(125);
    expect(guest.has("var/lib/bridge/started/auth.json")).toBe(false);
  });

  test("an image that cannot be pulled is exit code 125, and the credentials are gone", () => {
    const guest = new Guest();
    guest.start({ imageReference: image, pullCredentials: { username: "u", password: "p" } });
    guest.program("podman", "exit 1");
    expect(guest.run(["run"]).code).toBe(125);
    expect(guest.has("var/lib/bridge/started/auth.json")).toBe(false);
  });
});
