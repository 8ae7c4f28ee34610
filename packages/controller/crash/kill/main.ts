/**
 * Kills a controller once at every kill point, on every platform: `node main.ts [--only text] [--platform name] [--seed n] [--at-once n] [--verbose]`.
 * On CI the fake EC2 gets a sample of the deaths; everywhere else, and with BRIDGE_TEST_ALL=1, all.
 */
import { createHash, randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import pLimit from "p-limit";
import { killPoints } from "@bridge/controller";
import { addToCountsFile } from "../../../workspace/src/counts.ts";
import { type KillCase, killCases } from "./cases.ts";
import { type Outcome, platforms, runCase } from "./run-case.ts";
import { printTable } from "./table.ts";

const { values } = parseArgs({ options: { "only": { type: "string", default: "" }, "platform": { type: "string" }, "at-once": { type: "string" }, "seed": { type: "string", default: String(randomInt(1, 2 ** 31)) }, "verbose": { type: "boolean", default: false } } });
const names = (Object.keys(platforms) as (keyof typeof platforms)[]).filter((name) => values.platform === undefined || values.platform === name); // of an object of ours
const limit = pLimit(Number(values["at-once"] ?? availableParallelism() * 3));
const startedMs = performance.now();
const chosen = killCases.filter(({ at, scenario }) => `${at} ${scenario}`.includes(values.only));

const seedOf = ({ at, occurrence, scenario }: KillCase): number => createHash("sha256").update(`${values.seed} ${at} ${occurrence} ${scenario}`).digest().readUInt32BE();

/** Deaths on a fake EC2 on CI: about 90 seconds of two cores. */
const sampled = 24;
const isSample = process.env["CI"] !== undefined && process.env["BRIDGE_TEST_ALL"] !== "1" && names.includes("ec2") && chosen.length > sampled;
const sample = isSample ? [...chosen].sort((a, b) => seedOf(a) - seedOf(b)).slice(0, sampled) : chosen;
const casesOn = (platform: (typeof names)[number]) => (platform === "ec2" ? sample : chosen);
console.log(names.map((platform) => `${platform}: ${casesOn(platform).length} of ${killCases.length} deaths`).join(", ") + `; --seed ${values.seed}`);

const deaths = names.flatMap((platform) => casesOn(platform).map((kill) => ({ kill, platform })));
let done = 0;
const outcomes = await Promise.all(deaths.map(({ kill, platform }) => limit(async () => {
  const outcome = await runCase(kill, platform, seedOf(kill));
  done += 1;
  if (done % 20 === 0 || outcome.problems.length > 0) console.log(`${done} of ${deaths.length}${outcome.problems.map((problem) => `; ${kill.at} on ${platform}: ${problem}`).join("")}`);
  return outcome;
})));
printTable(outcomes);
const failed = outcomes.filter(({ problems }) => problems.length > 0);
for (const { platform, at, scenario, problems, log } of values.verbose ? outcomes : failed) {
  console.log(`\n${problems.length > 0 ? "FAILED" : "ok"} ${at} on ${platform} (${scenario}):\n  ${problems.join("\n  ")}\n${log.split("\n").slice(-40).join("\n")}`);
}

const isWhole = values.only === "" && values.platform === undefined;
const isHit = (at: string, of: readonly Outcome[]) => names.every((platform) => !casesOn(platform).some((kill) => kill.at === at) || of.some((outcome) => outcome.at === at && outcome.platform === platform && outcome.hit));
const missed = isWhole ? killPoints.filter((at) => !isHit(at, outcomes)) : [];
for (const at of missed) console.log(`no death at ${at}`);
const counts = { passed: outcomes.length - failed.length, failed: failed.length + missed.length, skipped: 0 };
const where = isWhole ? `${killPoints.length - missed.length} of ${killPoints.length} kill points hit on each of ${names.length} platforms${isSample ? " (on ec2 those of the sample)" : ""}` : "a part of the matrix";
console.log(`\n${outcomes.length} deaths, ${where}; ${counts.failed} failed; ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
addToCountsFile(counts);
process.exitCode = counts.failed > 0 || outcomes.length === 0 ? 1 : 0;
