import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestPlatform } from "../../../create-backend/template/test-platform/server.ts";
import { admission } from "./config-situations.ts";
import { type Expected, grantOf, lease, observe, unheard } from "./observed.ts";
import { regional } from "./regional.ts";
import { reportsOf, type Row } from "./row.ts";

/** Two accounts of a platform over HTTP, whose books are the truth, and a folder for the ledger. */
class Accounts implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "bridge-prove-"));
  readonly ledger = join(this.folder, "ledger.sqlite");
  readonly north = new TestPlatform({ project: "project-north" });
  readonly south = new TestPlatform({ project: "project-south" });

  static async open(): Promise<Accounts> {
    const accounts = new Accounts();
    await Promise.all([accounts.north.listen(), accounts.south.listen()]);
    return accounts;
  }

  /** Every machine in the platform's books, its state, and how often its workload was started. */
  alive(): readonly string[] {
    return [this.north, this.south].flatMap(({ inventory }) => [...inventory.machines.values()].map(({ name, api, machine }) => `${name} ${api.status} ${machine.status.state} ${machine.starts}`)).sort();
  }

  /** How often an end was asked for, or a machine. */
  get made(): number {
    return this.north.createRequests.length + this.south.createRequests.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.north.close(), this.south.close()]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** An entry held two regions, each a scope; now it holds one. The machine in the other lives on. */
async function removedRegion(): Promise<Row> {
  await using accounts = await Accounts.open();
  const { north, south, ledger } = accounts;
  let lost: string;
  {
    await using first = await observe(ledger, [regional({ north, south })]);
    await lease(first, grantOf("in the north", { regions: ["north"] }));
    lost = await lease(first, grantOf("in the south", { regions: ["south"] }));
  }
  return await check({ situation: "a removed region", accounts, lost, backends: { north } });
}

/** The entry has its name still, but the credentials of another account, which holds nothing. */
async function anotherAccount(): Promise<Row> {
  await using accounts = await Accounts.open();
  let lost: string;
  {
    await using first = await observe(accounts.ledger, [regional({ north: accounts.north })]);
    lost = await lease(first, grantOf("one"));
  }
  return await check({ situation: "another account's credentials", accounts, lost, backends: { north: accounts.south } });
}

async function check({ situation, accounts, lost, backends }: { readonly situation: string; readonly accounts: Accounts; readonly lost: string; readonly backends: Readonly<Record<string, TestPlatform>> }): Promise<Row> {
  const [before, made] = [accounts.alive(), accounts.made];
  await using second = await observe(accounts.ledger, [regional(backends)]);
  const expected: readonly Expected[] = [{ kind: "stranded", reason: "wrong_scope", requestKey: lost, backend: "acme" }];
  const wrong = [...await unheard(second, expected)];
  const code = await admission(second);
  if (code !== "wrong_scope") wrong.push(`a new grant: ${code}`);
  // Cancelled, its end is tried for, and fails where nothing is: it stays open, and visible, until the scope is back.
  await second.controller.cancel(lost);
  const { attempts } = await second.controller.waitFor(lost, "settled");
  if (attempts[0]?.state === "closed") wrong.push("an attempt was closed that nobody could reach");
  if (accounts.made !== made) wrong.push("a machine was asked for");
  return { situation, before, after: accounts.alive(), reported: [...reportsOf(expected), `a new grant: ${code}`, "cancelled: stays open"], wrong };
}

/** What can happen to the scopes of an entry. */
export const scopeSituations = [removedRegion, anotherAccount];
