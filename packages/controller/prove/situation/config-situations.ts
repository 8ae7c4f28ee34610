import { isBridgeError } from "@bridge/core";
import { LocalHost } from "./local-host.ts";
import { type Expected, grantOf, lease, observe, type Observed, submit, unheard } from "./observed.ts";
import { reportsOf, type Row } from "./row.ts";

/** The code with which a new grant is refused; `accepted` if it is not. */
export const admission = (observed: Observed): Promise<string> =>
  submit(observed, grantOf("new")).then(() => "accepted", (error: unknown) => (isBridgeError(error) ? error.code : String(error)));

/** The entry of the boot config gets another name. */
async function renamedEntry(): Promise<Row> {
  await using host = new LocalHost();
  let requestKey: string;
  {
    await using first = await observe(host.ledger(), [host.entry("frankfurt")]);
    requestKey = await lease(first, grantOf("one"));
  }
  const before = host.alive();
  await using second = await observe(host.ledger(), [host.entry("fra")]);
  const expected: readonly Expected[] = [{ kind: "stranded", reason: "unknown_backend", requestKey, backend: "frankfurt" }];
  const wrong = [...await unheard(second, expected)];
  const code = await admission(second);
  if (code !== "unknown_backend") wrong.push(`a new grant: ${code}`);
  return { situation: "a renamed backend entry", before, after: host.alive(), reported: [...reportsOf(expected), `a new grant: ${code}`], wrong };
}

/** Two entries of one plugin see the same machines: each serves its own, and none is taken for the other's. */
async function twoEntries(): Promise<Row> {
  await using host = new LocalHost();
  const entries = [host.entry("small", { maxCpuMillicores: 100 }), host.entry("large")];
  {
    await using first = await observe(host.ledger(), entries);
    await lease(first, grantOf("on the small one"));
    await lease(first, grantOf("on the large one", { cpuMillicores: 200 }));
  }
  const before = host.alive();
  await using second = await observe(host.ledger(), entries);
  const wrong = [...await unheard(second, [])];
  const { grants } = await second.controller.overview();
  if (grants.running !== 2) wrong.push(`${grants.running} grants are running`);
  return { situation: "two entries of one plugin", before, after: host.alive(), reported: ["nothing: both are served as before"], wrong };
}

/** What can happen to a boot config, on this machine. */
export const configSituations = [renamedEntry, twoEntries];
