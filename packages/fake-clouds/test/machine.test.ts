import { findExitReport } from "@bridge/backend-kit";
import { generateSshKeyPair } from "@bridge/core/keys";
import { describe, expect, test } from "vitest";
import { readBootInput } from "../src/machine/boot-input.ts";
import { controlOf, exitMac, keys, openMachine, requestKey, ssh, startRequest, userDataFor } from "./fixtures/open-machine.ts";

const limits = { timeoutSeconds: 5 };
const failure = (work: Promise<unknown>) => work.then(() => "no error", (error: unknown) => (error as { code: string }).code);

describe("a machine knows what its user data told it", () => {
  test("plain or packed: the host key, and the control key with its forced command", async () => {
    for (const gzip of [false, true]) {
      const { at } = await openMachine({ userData: userDataFor({ gzip }) });
      expect(await (await controlOf(at)).run("status", limits)).toMatchObject({ state: "waiting", user: "bridge" });
    }
  });

  test("with other host keys, or none, it shows another key", async () => {
    const text = new TextDecoder().decode(userDataFor());
    const { at } = await openMachine({ userData: Buffer.from(text.replace(/^ssh_keys:$/m, "ssh_kees:")) });
    expect(await failure(controlOf(at))).toBe("host_key_mismatch");
  });

  test("without the program, with other permissions, or without sudo, no verb runs", async () => {
    const text = new TextDecoder().decode(userDataFor());
    const broken = [text.replace("path: \"/usr/lib/bridge/ctl\"", "path: \"/usr/lib/bridge/other\""), text.replace('permissions: "0755"', 'permissions: "0644"'), text.replace("NOPASSWD: /usr/lib/bridge/ctl start", "NOPASSWD: /bin/true start")];
    for (const userData of broken) {
      expect(userData).not.toBe(text);
      const { at } = await openMachine({ userData: Buffer.from(userData) });
      const verb = userData.includes("/bin/true start") ? "start" as const : "status" as const;
      const session = await controlOf(at);
      expect(await failure(verb === "start" ? session.run("start", { ...limits, request: startRequest() }) : session.run("status", limits))).toBe("unavailable");
    }
  });

  test("it makes nothing of what cloud-init could not read, and says so on the console", async () => {
    const { at, machine } = await openMachine({ userData: Buffer.from("#!/bin/sh\n") });
    expect(await failure(controlOf(at))).toBe("host_key_mismatch");
    expect(machine.console.textAt(Date.now())).toContain("does not begin with #cloud-config");
    expect(() => readBootInput(Buffer.from("#cloud-config\nwrite_files:\n- path: /a\n  permissions: 0755\n"))).toThrow("no string");
  });
});

describe("the control account", () => {
  test("may run the verbs and nothing else, whatever it asks", async () => {
    const { at } = await openMachine();
    const run = (command: string) => ssh({ ...at, user: "bridge-control", privateKey: keys.control.privateKey, command });
    for (const command of ["id", "status; id", "arm", "start status", ""]) expect(await run(command), command).toMatch(/sudo: a password is required\n\(1\)$/);
    expect(await run("status")).toMatch(/^\{"version":1,"state":"waiting","user":"bridge"\}\n\(0\)$/);
    expect(await ssh({ ...at, user: "bridge-control", privateKey: generateSshKeyPair().privateKey, command: "status" })).toContain("authentication methods failed");
  });

  test("starts once: the second start is refused", async () => {
    const { at, machine } = await openMachine();
    const session = await controlOf(at);
    expect(await session.run("start", { ...limits, request: startRequest() })).toMatchObject({ state: "running" });
    expect(await failure(session.run("start", { ...limits, request: startRequest() }))).toBe("unavailable");
    expect(machine.control?.starts).toBe(1);
  });

  test("starts nothing that is for another machine", async () => {
    const { at, machine } = await openMachine();
    const session = await controlOf(at);
    for (const change of [{ attempt: 2 }, { requestKey: "zzzzzzzzzzzzzzzzzzzzzzzzzz" }, { sshPublicKey: "ssh-ed25519 AAAA\nssh-ed25519 BBBB" }]) expect(await failure(session.run("start", { ...limits, request: startRequest(change) }))).toBe("unavailable");
    expect(machine.control?.starts).toBe(0);
  });

  test("may lose the answer of a start that has taken effect", async () => {
    const { at, machine, faults } = await openMachine();
    faults.set({ lostStartAnswers: 1 });
    expect(await failure((await controlOf(at)).run("start", { ...limits, request: startRequest() }))).toBe("unavailable");
    expect([machine.control?.starts, (await (await controlOf(at)).run("status", limits)).state]).toEqual([1, "running"]);
  });
});

describe("the requester", () => {
  test("gets in once the start has brought the key, and runs what they like", async () => {
    const { at } = await openMachine();
    const login = (privateKey: string) => ssh({ ...at, user: "bridge", privateKey, command: "echo hello; exit 3" });
    expect(await login(keys.requester.privateKey)).toContain("authentication methods failed");
    await (await controlOf(at)).run("start", { ...limits, request: startRequest() });
    expect(await login(keys.requester.privateKey)).toBe("hello\n(3)");
    expect(await login(keys.control.privateKey)).toContain("authentication methods failed");
  });

  test("may power the machine off", async () => {
    const { at, poweredOff } = await openMachine();
    await (await controlOf(at)).run("start", { ...limits, request: startRequest() });
    void ssh({ ...at, user: "bridge", privateKey: keys.requester.privateKey, command: "sudo systemctl poweroff" });
    await poweredOff;
    expect(await failure(controlOf(at))).toBe("unavailable");
  });
});

describe("the workload", () => {
  const report = async (change: Parameters<typeof startRequest>[0], meters = {}) => {
    const { at, machine, poweredOff, clock } = await openMachine({ meters });
    await (await controlOf(at)).run("start", { ...limits, request: startRequest(change) });
    await poweredOff;
    return findExitReport(machine.console.textAt(clock.now()), { requestKey, attempt: 1 }, exitMac);
  };

  test("is a process with its environment; its code is on the console, and the machine is off", async () => {
    expect(await report({ command: ["/bin/sh", "-c", "exit $CODE"], environment: { CODE: "9" } })).toEqual({ code: 9 });
    expect(await report({ command: ["/bin/sh", "-c", "kill -9 $$"] }, { cpuMicroseconds: 5, networkRxBytes: 7 })).toEqual({ code: 137, cpuMicroseconds: 5, networkRxBytes: 7 });
    expect(await report({ command: ["/no/such/program"] })).toEqual({ code: 127 });
  });

  test("is stopped by stop; without one, stop ends the machine without a code", async () => {
    for (const [command, expected] of [[["/bin/sleep", "600"], { code: 143 }], [undefined, {}]] as const) {
      const { at, machine, poweredOff, clock } = await openMachine();
      const session = await controlOf(at);
      expect(await failure(session.run("stop", limits))).toBe("unavailable");
      await session.run("start", { ...limits, request: startRequest(command === undefined ? {} : { command }) });
      await session.run("stop", limits);
      await poweredOff;
      expect(findExitReport(machine.console.textAt(clock.now()), { requestKey, attempt: 1 }, exitMac)).toEqual(expected);
    }
  });

  test("is stopped by the deadline timer, five minutes late, also when the clock jumps there", async () => {
    const { at, machine, poweredOff, clock } = await openMachine({ userData: userDataFor({ deadlineMs: Date.now() + 3_600_000 }) });
    await (await controlOf(at)).run("start", { ...limits, request: startRequest({ command: ["/bin/sleep", "600"] }) });
    clock.advance(3600 + 290);
    await machine.settled();
    expect((await (await controlOf(at)).run("status", limits)).state).toBe("running");
    clock.advance(20);
    await poweredOff;
    expect(machine.console.textAt(clock.now())).toContain("End of the compute grant");
    expect(findExitReport(machine.console.textAt(clock.now()), { requestKey, attempt: 1 }, exitMac)).toEqual({ code: 143 });
  });
});

describe("what can be in the way", () => {
  test("another host key, for so many connections", async () => {
    const { at, faults } = await openMachine();
    faults.set({ wrongHostKeys: 1 });
    expect(await failure(controlOf(at))).toBe("host_key_mismatch");
    await controlOf(at);
  });

  test("a banner and nothing more, or a port that is open and silent", async () => {
    let admits = true;
    const { at, faults } = await openMachine({ admits: () => admits });
    faults.set({ bannersOnly: 1 });
    expect(await failure(controlOf({ ...at, timeoutSeconds: 0.3 }))).toBe("timeout");
    admits = false;
    expect(await failure(controlOf({ ...at, timeoutSeconds: 0.3 }))).toBe("timeout");
    admits = true;
    await controlOf(at);
  });
});
