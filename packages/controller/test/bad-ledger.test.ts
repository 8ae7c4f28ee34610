import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { openLedger, type OpenLedgerOptions } from "../src/index.ts";
import { caught } from "./fixtures/caught.ts";
import { testFolder } from "./fixtures/folder.ts";
import { envelope, grantOf, masterSecret, startedOn, stillPlatform } from "./fixtures/setting.ts";
import { smallDisk } from "./fixtures/small-disk.ts";

const optionsFor = (file: string, more: Partial<OpenLedgerOptions> = {}): OpenLedgerOptions => ({ file, owner: "owner", masterSecret, ...more });
const made = async (file: string): Promise<void> => (await openLedger(optionsFor(file))).close();

/** Makes a ledger with one grant in it that is over. */
async function madeWithGrant(file: string): Promise<void> {
  const platform = stillPlatform();
  await using controller = await startedOn(platform, { ledger: { file } });
  const { requestKey } = await controller.submitTrusted(grantOf(), envelope);
  await controller.waitFor(requestKey, "running");
}

describe("a ledger", () => {
  test("that is missing is an error where it must not begin anew", async () => {
    using folder = testFolder();
    expect(await caught(() => openLedger(optionsFor(folder.ledger, { create: "never" })))).toMatchObject({ code: "not_found", message: expect.stringContaining("restore it") });
  });

  test("keeps its id, and its grants, from one opening to the next", async () => {
    using folder = testFolder();
    const first = await openLedger(optionsFor(folder.ledger));
    await first.close();
    const second = await openLedger(optionsFor(folder.ledger, { create: "never" }));
    expect(second.ledgerId).toBe(first.ledgerId);
    await second.close();
  });

  test("in a folder that is not there says so", async () => {
    expect(await caught(() => openLedger(optionsFor("/no/such/folder/ledger")))).toMatchObject({ code: "unavailable", message: expect.stringContaining("folder must exist") });
  });

  test("that another process holds is refused, and free as soon as that process is killed", async () => {
    using folder = testFolder();
    const source = new URL("../src/index.ts", import.meta.url).href;
    const script = `const { openLedger } = await import(${JSON.stringify(source)}); await openLedger(${JSON.stringify(optionsFor(folder.ledger))}); console.log("open"); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(holder.stdout, "data");
      expect(await caught(() => openLedger(optionsFor(folder.ledger)))).toMatchObject({ code: "ledger_conflict", message: expect.stringContaining("held by another process") });
    } finally {
      holder.kill("SIGKILL");
      await once(holder, "exit");
    }
    await made(folder.ledger);
  });

  test("that the same process has open is refused too", async () => {
    using folder = testFolder();
    const first = await openLedger(optionsFor(folder.ledger));
    expect(await caught(() => openLedger(optionsFor(folder.ledger)))).toMatchObject({ code: "ledger_conflict" });
    await first.close();
  });

  test("of another owner is refused by name", async () => {
    using folder = testFolder();
    await made(folder.ledger);
    expect(await caught(() => openLedger(optionsFor(folder.ledger, { owner: "another" })))).toMatchObject({ code: "ledger_conflict", message: expect.stringContaining('belongs to owner "owner", not "another"') });
  });

  test("from the future is refused, naming what it does not know", async () => {
    using folder = testFolder();
    await made(folder.ledger);
    const database = new DatabaseSync(folder.ledger);
    database.exec("insert into kysely_migration (name, timestamp) values ('2031-01-01-moons', '2031-01-01')");
    database.close();
    expect(await caught(() => openLedger(optionsFor(folder.ledger)))).toMatchObject({ code: "ledger_conflict", message: expect.stringContaining("2031-01-01-moons") });
  });

  test("that is read-only is refused", async ({ skip }) => {
    using disk = smallDisk();
    if (disk === undefined) return skip("needs permission to mount");
    await made(`${disk.path}/ledger`);
    disk.setReadOnly();
    expect(await caught(() => openLedger(optionsFor(`${disk.path}/ledger`)))).toMatchObject({ code: "unavailable", message: expect.stringMatching(/read-only|writable/) });
  });
});

describe("a damaged ledger is refused, not begun anew", () => {
  /** Overwrites so many bytes with noise. */
  function overwrite(file: string, from: number, length: number): void {
    const bytes = readFileSync(file);
    for (let i = from; i < Math.min(bytes.length, from + length); i++) bytes[i] = (i * 151 + 7) % 256;
    writeFileSync(file, bytes);
  }

  test.each([["its head", 0, 100], ["its schema", 100, 2000], ["its pages", 4096, 400_000]] as const)("%s overwritten", async (_what, from, length) => {
    using folder = testFolder();
    await madeWithGrant(folder.ledger);
    overwrite(folder.ledger, from, length);
    const before = readFileSync(folder.ledger);
    expect(await caught(() => openLedger(optionsFor(folder.ledger)))).toMatchObject({ code: "ledger_conflict", message: expect.stringMatching(/damaged|no ledger/) });
    expect(readFileSync(folder.ledger).equals(before)).toBe(true);
  });

  test("another file in its place", async () => {
    using folder = testFolder();
    writeFileSync(folder.ledger, "This is a letter, not a ledger. ".repeat(100));
    expect(await caught(() => openLedger(optionsFor(folder.ledger)))).toMatchObject({ code: "ledger_conflict", message: expect.stringContaining("no ledger") });
  });

  test("a row that is no longer what was written", async () => {
    using folder = testFolder();
    await madeWithGrant(folder.ledger);
    const database = new DatabaseSync(folder.ledger);
    database.exec("update attempts set placement = '{\"scope\":'");
    database.close();
    expect(await caught(() => startedOn(stillPlatform(), { ledger: { file: folder.ledger } }))).toMatchObject({ code: "ledger_conflict", message: expect.stringContaining("damaged") });
    // It is let go of: the operator may put a backup there.
    await made(folder.ledger);
  });
});

describe("a master secret", () => {
  test("that has changed without a new version is refused, saying how to change it", async () => {
    using folder = testFolder();
    await made(folder.ledger);
    expect(await caught(() => openLedger(optionsFor(folder.ledger, { masterSecret: `${masterSecret} changed` })))).toMatchObject({ code: "ledger_conflict", message: expect.stringContaining("higher keyVersion") });
  });

  test.each([["missing", undefined], ["empty", ""], ["short", "too short"]])("that is %s is refused before anything is made", async (_what, secret) => {
    using folder = testFolder();
    // What an environment variable that is not set gives, in JavaScript.
    const wrong = secret as string;
    expect(await caught(() => openLedger(optionsFor(folder.ledger, { masterSecret: wrong })))).toMatchObject({ code: "invalid_option", message: expect.stringContaining("masterSecret") });
    expect(await caught(() => startedOn(stillPlatform(), { masterSecret: wrong }))).toMatchObject({ code: "invalid_option", message: expect.stringContaining("masterSecret") });
    await made(folder.ledger);
  });
});
