import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProvisionedInstance } from "@bridge/core";
import { generateSshKeyPair } from "@bridge/core/keys";
import type { Client, ClientChannel, FileEntry, SFTPWrapper, Stats } from "ssh2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { grantFor, Leases } from "./fixtures/leases.ts";
import { answerOf, called, connect, open, run } from "./fixtures/ssh-client.ts";

const leases = new Leases();
let instance: ProvisionedInstance;
let client: Client;

beforeAll(async () => {
  process.env["BRIDGE_TEST_SECRET"] = "of the maker";
  instance = await leases.fleet().provisionForGrant(grantFor({ seconds: 600 }), leases.envelope(undefined, { GREETING: "hello from the envelope" }));
  client = await connect(instance, leases.user.privateKey);
});
afterAll(async () => {
  client.end();
  await leases[Symbol.asyncDispose]();
});

describe("a command over SSH", () => {
  test("gives its output, its errors and its exit code", async () => {
    expect(await run(client, "echo out; echo err >&2; exit 7")).toEqual({ code: 7, signal: undefined, out: "out\n", err: "err\n" });
  });

  test("gives the signal that ended it", async () => {
    expect(await run(client, "kill -TERM $$")).toMatchObject({ code: null, signal: "SIGTERM" });
  });

  test("reads what the client sends and ends with it", async () => {
    const channel = await open(client, "wc -c");
    channel.end("x".repeat(1_000_000));
    expect((await answerOf(channel)).out.trim()).toBe("1000000");
  });

  test("can be signalled by the client", async () => {
    const channel = await open(client, "trap 'echo caught; exit 3' USR1; echo ready; while :; do sleep 0.05; done");
    await once(channel, "data");
    channel.signal("USR1");
    expect(await answerOf(channel)).toMatchObject({ code: 3, out: "caught\n" });
  });

  test("has the envelope's environment and not the maker's", async () => {
    const { out } = await run(client, 'echo "$GREETING/$BRIDGE_TEST_SECRET"; pwd; echo "$HOME"');
    const [greeting, folder, home] = out.split("\n");
    expect(greeting).toBe("hello from the envelope/");
    expect(folder).toBe(home);
    expect(folder).toContain(leases.stateDirectory);
  });
});

describe("a terminal over SSH", () => {
  test("is a real one, of the size that the client has", async () => {
    const { out, code } = await run(client, "test -t 0 && test -t 1 && tty && stty size; exit 4", { pty: { rows: 31, cols: 97 } });
    expect(out).toMatch(/\/dev\/(pts\/|ttys)\d+\r\n31 97\r\n/);
    expect(code).toBe(4);
  });

  test("tells the program when the client's window changes", async () => {
    const channel = await open(client, "trap 'told=1' WINCH; echo ready; until [ \"$told\" = 1 ] && [ \"$(stty size)\" = '50 132' ]; do sleep 0.05; done; stty size", { pty: { rows: 24, cols: 80 } });
    await once(channel, "data");
    channel.setWindow(50, 132, 0, 0);
    expect((await answerOf(channel)).out).toContain("50 132");
  });

  test("keeps a change of the window that comes before the program runs", async () => {
    const channel = await open(client, "for i in $(seq 200); do [ \"$(stty size)\" = '51 133' ] && break; sleep 0.05; done; stty size", { pty: { rows: 24, cols: 80 } });
    channel.setWindow(51, 133, 0, 0);
    expect((await answerOf(channel)).out).toContain("51 133");
  });

  test("turns Ctrl-C into an interrupt", async () => {
    const channel = await open(client, "trap 'echo interrupted; exit 130' INT; echo ready; while :; do sleep 0.05; done", { pty: { rows: 24, cols: 80 } });
    await once(channel, "data");
    channel.write("\x03");
    expect(await answerOf(channel)).toMatchObject({ code: 130, out: expect.stringContaining("interrupted") });
  });

  test("runs an interactive shell", async () => {
    const channel = await called<ClientChannel>((done) => client.shell(done));
    channel.write("echo $((6*7)); exit 5\n");
    expect(await answerOf(channel)).toMatchObject({ code: 5, out: expect.stringContaining("42") });
  });

  test("hangs up its programs when the client leaves", async () => {
    const other = await connect(instance, leases.user.privateKey);
    const channel = await open(other, "echo $$; exec sleep 1000", { pty: { rows: 24, cols: 80 } });
    const [pid] = await once(channel, "data");
    other.end();
    const gone = async () => (await run(client, `kill -0 ${Number(String(pid))} 2>/dev/null && echo alive`)).out === "";
    for (let i = 0; i < 100 && !(await gone()); i++) await sleep(50);
    expect(await gone()).toBe(true);
  });
});

describe("who may come in", () => {
  test("nobody with another key", async () => {
    await expect(connect(instance, generateSshKeyPair().privateKey)).rejects.toThrow(/authentication/);
  });

  test("nobody under another name", async () => {
    await expect(connect(instance, leases.user.privateKey, "nobody")).rejects.toThrow(/authentication/);
  });

  test("the requester's key does not open the control account", async () => {
    await expect(connect(instance, leases.user.privateKey, "bridge-control")).rejects.toThrow(/authentication/);
  });

  test("a client that expects another host key refuses to connect", async () => {
    await expect(connect({ ...instance, hostKey: generateSshKeyPair().publicKey }, leases.user.privateKey)).rejects.toThrow(/[Hh]ost/);
  });
});

describe("sftp", () => {
  test("carries files both ways, lists, renames and removes them", async () => {
    const sftp = await called<SFTPWrapper>((done) => client.sftp(done));
    const content = Buffer.alloc(700_000, "bridge");
    await called((done) => sftp.mkdir("folder", done));
    await called((done) => sftp.writeFile("folder/up", content, done));
    await called((done) => sftp.rename("folder/up", "folder/there", done));
    expect((await called<FileEntry[]>((done) => sftp.readdir("folder", done))).map(({ filename }) => filename)).toEqual(["there"]);
    expect((await called<Buffer>((done) => sftp.readFile("folder/there", done))).equals(content)).toBe(true);
    expect((await called<Stats>((done) => sftp.stat("folder/there", done))).size).toBe(content.length);
    await called((done) => sftp.unlink("folder/there", done));
    await expect(called((done) => sftp.stat("folder/there", done))).rejects.toThrow(/ENOENT|no such file/i);
    await called((done) => sftp.rmdir("folder", done));
  });
});
