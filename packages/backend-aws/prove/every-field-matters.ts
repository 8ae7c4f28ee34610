/**
 * Every field of every request that the AWS backend sends is dropped, changed and misspelt in turn, and each time a check goes red.
 *
 * The checks: the published description of the request; a whole life of a machine, which may be refused or go wrong; and the assertion
 * of test/requests.test.ts. The table names the first of them that noticed. BRIDGE_ONLY limits it to commands that contain a text.
 */
import { type Change, changed, changesOf, fieldsOf, textOf } from "./field-changes.ts";
import { liveMeddled, type Noticed } from "./changed-life.ts";
import type { LifeKind } from "../test/fixtures/life.ts";

const sideBySide = 12;
const only = process.env["BRIDGE_ONLY"] ?? "";

/** A field of one kind of request in one kind of life. */
interface Field {
  readonly kind: LifeKind;
  /** `RunInstances`, `RunInstances, dry` */
  readonly request: string;
  readonly field: string;
  readonly path: readonly (string | number)[];
  readonly changes: readonly Change[];
}

const requestOf = (command: string, input: object): string => ("DryRun" in input && input.DryRun === true ? `${command}, dry` : command);

/** All fields that are sent; those of the second life only where the first has none of that name. */
async function allFields(): Promise<readonly Field[]> {
  const fields = new Map<string, Field>();
  for (const kind of ["plain", "choosy"] as const) {
    const noticed = await liveMeddled(kind, (command, input) => {
      for (const path of fieldsOf(input)) {
        const [request, field] = [requestOf(command, input), textOf(path)];
        const key = `${request} ${field}`;
        if (!fields.has(key)) fields.set(key, { kind, request, field, path, changes: changesOf(input, path) });
      }
      return undefined;
    });
    if (verdictOf(noticed) !== undefined) throw new Error(`without any change, the ${kind} life is not as it should be: ${JSON.stringify(noticed)}`);
  }
  return [...fields.values()].filter(({ request }) => request.includes(only));
}

function verdictOf({ description, life, requests }: Noticed): "description" | "life" | "requests" | undefined {
  return description.length > 0 ? "description" : life !== undefined ? "life" : requests.length > 0 ? "requests" : undefined;
}

async function tryField({ kind, request, path }: Field, change: Change): Promise<{ readonly met: boolean; readonly noticed: Noticed }> {
  let met = false;
  const noticed = await liveMeddled(kind, (command, input) => {
    const replaced = requestOf(command, input) === request ? changed(input, path, change) : undefined;
    met ||= replaced !== undefined;
    return replaced;
  });
  return { met, noticed };
}

const startedAtMs = performance.now();
const fields = await allFields();
const waiting = fields.flatMap((field) => field.changes.map((change) => ({ field, change })));
const total = waiting.length;
const verdicts = new Map<Field, Map<Change, string>>(fields.map((field) => [field, new Map()]));
const counts = new Map<string, number>();
const survivors: string[] = [];
console.log(`${fields.length} fields of ${new Set(fields.map(({ request }) => request)).size} requests, ${total} changes`);
await Promise.all(Array.from({ length: sideBySide }, async () => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { field, change } = next;
    const { met, noticed } = await tryField(field, change);
    const verdict = met ? verdictOf(noticed) ?? "SURVIVED" : "NEVER SENT";
    if (verdict === "SURVIVED" || verdict === "NEVER SENT") survivors.push(`${verdict}: ${field.request}: ${field.field}: ${change}`);
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    verdicts.get(field)?.set(change, verdict === "life" && noticed.life !== undefined ? `life: ${noticed.life.split("\n")[0]?.slice(0, 40)}` : verdict);
  }
}));

const width = Math.max(...fields.map(({ request, field }) => request.length + field.length + 2));
for (const [{ request, field }, changes] of verdicts) {
  console.log(`| ${`${request}: ${field}`.padEnd(width)} | ${(["drop", "change", "misspell"] as const).map((change) => (changes.get(change) ?? "-").padEnd(46)).join(" | ")} |`);
}
console.log(`\n${[...counts].map(([verdict, count]) => `${verdict}: ${count}`).join(", ")}; ${total} changes in ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`);
for (const survivor of survivors) console.log(survivor);
console.log(`${survivors.length} survivors`);
// Lives that were given up, since their requests were wrong, would go on asking for a quarter of an hour.
process.exit(survivors.length > 0 || total === 0 ? 1 : 0);
