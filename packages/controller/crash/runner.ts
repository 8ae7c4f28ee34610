/**
 * A process that serves grants with a controller until all of them are over and nothing of them is left:
 * `node runner.ts config.json`. It prints, as lines of JSON, each grant that runs and in the end what became of all. Killed
 * at any moment and started again, it goes on from its ledger.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { BackendPlugin, ConfiguredBackend } from "@bridge/core";
import { Controller, type GrantStatus } from "@bridge/controller";
import { dieAt } from "./die-at.ts";
import type { RunnerBackend, RunnerConfig, RunnerLease, RunnerLine } from "./runner-config.ts";

const config = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as RunnerConfig; // whoever starts us has written it
const signal = AbortSignal.timeout(config.timeoutSeconds * 1000);

async function load({ use, name, options }: RunnerBackend): Promise<ConfiguredBackend> {
  const { default: plugin } = await import(use) as { readonly default: BackendPlugin }; // the controller checks that it is one
  return { plugin, name, options };
}

const print = (line: RunnerLine) => console.log(JSON.stringify(line));
const write = (fields: object, message: string) => console.error(JSON.stringify({ atSeconds: performance.now() / 1000, message, ...fields }));
const { owner, providerId, masterSecret, settings, death } = config;
await using controller = await Controller.open({
  owner, providerId, masterSecret, settings,
  ledger: { file: config.ledger },
  backends: await Promise.all(config.backends.map(load)),
  log: { debug: () => {}, info: write, warn: write, error: write },
  ...(death === undefined ? {} : { probe: dieAt(death) }),
});
await controller.start();

/** Submitting again what was accepted before changes nothing, and neither does cancelling it again. */
async function serve({ grant, envelope, cancel }: RunnerLease): Promise<GrantStatus> {
  const { requestKey } = await controller.submitTrusted(grant, envelope);
  print({ running: await controller.waitFor(requestKey, "running", { signal }) });
  if (cancel) await controller.cancel(requestKey);
  return controller.waitFor(requestKey, "settled", { signal });
}

for (const ledgerId of config.adopt) await controller.adoptLedger(ledgerId);
const settled = await Promise.all(config.leases.map(serve));
// A grant is settled once its log is signed; its machine may take longer to go.
while ((await controller.overview()).openAttempts > 0) await sleep(50, undefined, { signal });
print({ over: await Promise.all(settled.map(({ requestKey }) => controller.status(requestKey))) });
