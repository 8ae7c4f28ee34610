import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { generateSshKeyPair } from "@bridge/core/keys";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exampleGrant, Sandbox } from "./sandbox.ts";

const hasSsh = existsSync("/usr/bin/ssh");

describe.skipIf(!hasSsh)(`the printed ssh command${hasSsh ? "" : " (skipped: there is no OpenSSH client)"}`, () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = new Sandbox();
    await sandbox.run(["init"]);
    sandbox.write("grant.json", exampleGrant());
  });
  afterEach(() => sandbox.dispose());

  /** Provisions, runs the printed command line in a shell with a remote command added, interrupts, and returns what was printed inside. */
  async function getIn(options: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    const running = sandbox.start(["provision", "grant.json", "--valid-for-seconds", "60", ...options, "--", "sleep", "60"], { env });
    await running.until(/^ssh .*\n/m);
    const [line = ""] = /^ssh .*$/m.exec(running.stdout) ?? [];
    const { stdout } = await promisify(execFile)("/bin/sh", ["-c", `${line.replace("ssh ", "ssh -F none -o BatchMode=yes ")} 'echo inside'`]);
    running.child.kill("SIGINT");
    expect((await running.finished).code).toBe(130);
    return stdout;
  }

  test("works with the key made for the session", async () => {
    expect(await getIn([])).toBe("inside\n");
  });

  test("works with a derived key", async () => {
    expect(await getIn(["--make-key"])).toBe("inside\n");
  });

  test("works with the requester's own key, and leaves that where it is", async () => {
    const { publicKey, privateKey } = generateSshKeyPair();
    sandbox.write("mine.pub", `${publicKey} me@here\n`);
    execFileSync("chmod", ["600", sandbox.write("mine", privateKey)]);
    expect(await getIn(["--ssh-key", "mine.pub"])).toBe("inside\n");
    expect(sandbox.read("mine")).toBe(privateKey);
  });

  test("works where the folder for temporary files has a space and a quote in its name", async () => {
    const odd = join(sandbox.folder, "a b'c");
    mkdirSync(odd);
    expect(await getIn([], { TMPDIR: odd })).toBe("inside\n");
  });
});
