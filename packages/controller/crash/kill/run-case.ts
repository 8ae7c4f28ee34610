import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ComputeGrant, requestKeyOf } from "@bridge/core";
import { generateSshKeyPair } from "@bridge/core/keys";
import type { RunnerConfig, RunnerLease } from "../runner-config.ts";
import type { Death } from "../die-at.ts";
import { type KillCase, type Scenario, scenarios } from "./cases.ts";
import { problemsOf, resultWords } from "./check-case.ts";
import { ec2Site } from "./ec2-site.ts";
import { httpSite } from "./http-site.ts";
import { type LedgerAtDeath, ledgerAtDeath } from "./ledger-at-death.ts";
import { localSite } from "./local-site.ts";
import { startRunner } from "./runner-process.ts";
import type { Site, SiteOptions } from "./site.ts";
import { workloadCommand } from "./workload.ts";

/** The platforms on which every death is died. */
export const platforms = { local: async (options: SiteOptions) => localSite(options), http: httpSite, ec2: ec2Site };

/** What one death came to. */
export interface Outcome extends KillCase {
  readonly platform: keyof typeof platforms;
  /** Whether the runner died where it should. */
  readonly hit: boolean;
  /** What was in the ledger then. */
  readonly found: string;
  readonly result: string;
  readonly problems: readonly string[];
  readonly seconds: number;
  /** Of both runs; for those who look for a cause. */
  readonly log: string;
}

const providerId = "here";
const timeoutSeconds = 90;

/** Lets a runner die, starts another one on the same ledger, and looks into the books when that has finished. */
export async function runCase(kill: KillCase, platform: keyof typeof platforms, seed: number): Promise<Outcome> {
  const startedMs = performance.now();
  const scenario: Scenario = scenarios[kill.scenario];
  const folder = mkdtempSync(join(tmpdir(), "bridge-crash-"));
  const owner = `crash-${randomBytes(4).toString("hex")}`;
  mkdirSync(join(folder, "site"));
  const site = await platforms[platform]({ owner, folder: join(folder, "site"), firstAttempt: scenario.firstAttempt, seed });
  try {
    const book = join(folder, "book");
    const lease = leaseOf({ ...scenario, leaseSeconds: scenario.leaseSeconds + (site.slowBySeconds ?? 0) }, book);
    const requestKey = requestKeyOf(owner, lease.grant);
    const config: RunnerConfig = {
      ledger: join(folder, "ledger.sqlite"), owner, providerId, masterSecret: randomBytes(32).toString("base64"), timeoutSeconds,
      backends: site.backends, leases: [lease], adopt: scenario.adopt === true ? ["l00000000000000bb"] : [],
      settings: { sampleSeconds: 0.4, sweepSeconds: 0.4, deadlineGraceSeconds: 1, expiredTagSeconds: 1, stopSeconds: 3, placementWaitSeconds: 20 },
    };
    const doomed = startRunner(join(folder, "runner.json"), { ...config, death: deathOf(kill, site) });
    site.kill = () => doomed.kill();
    const first = await doomed.ended;
    const hit = first.end === "killed" && first.log.includes(`dies at ${kill.at}\n`);
    const atDeath = await ledgerAtDeath(config.ledger, [requestKey], config);
    // What the dead process has just made, the next one does not see at once.
    if (atDeath.attempts.some(({ state }) => state === "intended" || state === "created")) await site.hideOnce?.();
    const second = await startRunner(join(folder, "runner.json"), config).ended;
    const problems = await problemsOf({ site, statuses: second.statuses, atDeath, masterSecret: config.masterSecret, books: new Map([[requestKey, book]]), results: scenario.results });
    return {
      ...kill, platform, hit, found: foundWords(atDeath), result: second.statuses.map(resultWords).join(),
      problems: [...(hit ? [] : [`it did not die there: the runner ${first.end}`]), ...(second.end === "finished" ? [] : [`started again, the runner ${second.end}`]), ...problems],
      seconds: (performance.now() - startedMs) / 1000, log: `${first.log}── started again\n${second.log}`,
    };
  } finally {
    await site.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How long a call on this machine has been under way when its process dies: a create is then half done. */
const localCallMs = 60;

function deathOf({ at, occurrence }: KillCase, { trap }: Site): Death {
  const isCall = /^effect:\w+:sent$/.test(at);
  return { at, occurrence, afterMs: isCall ? localCallMs : 0, ...(isCall && trap !== undefined ? { trap } : {}) };
}

function leaseOf({ leaseSeconds, workSeconds, cancel }: Scenario, book: string): RunnerLease {
  const now = Math.floor(Date.now() / 1000);
  const arch = process.arch === "arm64" ? "arm64" : "amd64";
  const grant: ComputeGrant = {
    requestId: "the-one", issuer: "crash-matrix", providerId, validFrom: now - 1, validTo: now + leaseSeconds,
    manifest: { cpuMillicores: 100, ramMib: 64, storageGib: 0, arch, tdx: "none", regions: [] },
  };
  const { x: requesterKey = "" } = generateKeyPairSync("x25519").publicKey.export({ format: "jwk" });
  return { grant, cancel: cancel === true, envelope: { requesterKey, sshPublicKey: generateSshKeyPair().publicKey, command: workloadCommand(workSeconds), environment: { BOOK: book } } };
}

function foundWords({ grants: [grant], attempts }: LedgerAtDeath): string {
  if (grant === undefined) return "nothing";
  return [grant.state, ...attempts.map(({ state }) => state)].join(" ");
}
