import { gunzipSync } from "node:zlib";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { deriveSshKeyPair } from "@bridge/core/keys";
import { renderUserData, type UserDataInput } from "../src/index.ts";

const key = (purpose: "ssh-host" | "ssh-control") => deriveSshKeyPair({ masterSecret: "s".repeat(32), purpose, requestKey: "a".repeat(26), attempt: 1 });
const input: UserDataInput = { hostKey: key("ssh-host"), controlPublicKey: key("ssh-control").publicKey, deadlineMs: Date.UTC(2026, 10, 24, 4, 0, 5, 1), requestKey: "a".repeat(26), attempt: 1 };
const text = (change: Partial<UserDataInput> = {}) => new TextDecoder().decode(renderUserData({ ...input, ...change }, { maxBytes: 65_535 }));
const files = (): Map<string, { content: string; permissions: string }> => new Map(parse(text()).write_files.map((file: { path: string; content: string; permissions: string }) => [file.path, file]));

test("the same input gives the same bytes, plain and packed, also tomorrow and elsewhere", () => {
  expect(text()).toBe(text());
  const packed = renderUserData(input, { maxBytes: 8_000, gzip: true });
  expect(new TextDecoder().decode(gunzipSync(packed))).toBe(text());
  // Neither time nor operating system is in the head of the packed form.
  expect(Buffer.from(packed.subarray(0, 10)).toString("hex")).toBe("1f8b0800000000000203");
  expect(createHash("sha256").update(packed).digest("hex")).toBe(createHash("sha256").update(renderUserData(input, { maxBytes: 8_000, gzip: true })).digest("hex"));
});

test("every input changes the bytes", () => {
  const others: Partial<UserDataInput>[] = [{ hostKey: key("ssh-control") }, { controlPublicKey: key("ssh-host").publicKey }, { deadlineMs: 1 }, { requestKey: "b".repeat(26) }, { attempt: 2 }, { userName: "leaser" }];
  expect(new Set([text(), ...others.map(text)]).size).toBe(7);
});

test("it fits into EC2's 16 KB unpacked; what does not fit is refused with size and limit", () => {
  const size = text().length;
  expect(size).toBeLessThan(14_000);
  expect(renderUserData(input, { maxBytes: size })).toHaveLength(size);
  expect(() => renderUserData(input, { maxBytes: size - 1 })).toThrow(expect.objectContaining({ code: "payload_too_large", outcome: "none", message: expect.stringMatching(new RegExp(`${size}.*${size - 1}`)) }));
  expect(() => renderUserData(input, { maxBytes: 1_000, gzip: true })).toThrow(/packed/);
});

test("it is packed only where asked and needed", () => {
  expect(text().startsWith("#cloud-config\n")).toBe(true);
  expect(renderUserData(input, { maxBytes: 65_535, gzip: true })).toEqual(renderUserData(input, { maxBytes: 65_535 }));
});

test("exactly the given host key is served, and no secret but that key is in it", () => {
  const config = parse(text());
  expect(config).toMatchObject({
    ssh_deletekeys: true, ssh_keys: { ed25519_private: input.hostKey.privateKey, ed25519_public: input.hostKey.publicKey },
    manage_etc_hosts: true, locale: "C.UTF-8", ssh_pwauth: false, disable_root: true,
  });
  expect(text().match(/PRIVATE KEY/g)).toHaveLength(2);
});

test("the control account may run three verbs and nothing else; the requester's account has no key yet", () => {
  const [control, requester] = parse(text()).users;
  expect(control).toEqual({
    name: "bridge-control", lock_passwd: true, shell: "/bin/sh",
    sudo: "ALL=(root) NOPASSWD: /usr/lib/bridge/ctl start, /usr/lib/bridge/ctl status, /usr/lib/bridge/ctl stop",
    ssh_authorized_keys: [`restrict,command="sudo /usr/lib/bridge/ctl $SSH_ORIGINAL_COMMAND" ${input.controlPublicKey}`],
  });
  expect(requester).toEqual({ name: "bridge", lock_passwd: true, shell: "/bin/bash", sudo: "ALL=(ALL) NOPASSWD:ALL" });
});

test("the machine powers off by an absolute timer five minutes after the deadline, a part of a second rounded up", () => {
  expect(files().get("/etc/systemd/system/bridge-deadline.timer")?.content).toMatch(/^OnCalendar=2026-11-24 04:05:06 UTC$/m);
  expect(JSON.parse(files().get("/etc/bridge/machine.json")?.content ?? "")).toMatchObject({ powerOffAtMs: input.deadlineMs + 300_000 });
  expect(parse(text()).runcmd.at(-1)).toEqual(["/usr/lib/bridge/ctl", "arm"]);
});

test("a reader of YAML 1.1, as cloud-init is, sees the same values", ({ skip }) => {
  const script = "import sys, json, yaml; print(json.dumps(yaml.safe_load(sys.stdin.read())))";
  // Words that YAML 1.1 takes for a boolean and 1.2 does not.
  for (const userName of ["bridge", "no", "on"]) {
    const rendered = text({ userName });
    let printed: string;
    try {
      printed = execFileSync("python3", ["-c", script], { input: rendered, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] });
    } catch {
      return skip("python3 with PyYAML is not installed here");
    }
    expect(JSON.parse(printed)).toEqual(parse(rendered));
  }
});
