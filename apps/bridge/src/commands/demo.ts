import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { local } from "@bridge/backend-local";
import { type ComputeGrant, createAlmanac, Fleet, isBridgeError, type ProvisionedInstance } from "@bridge/core";
import { generateSshKeyPair } from "@bridge/core/keys";
import { demoGrant } from "../demo/demo-grant.ts";
import { proveNothingLeft } from "../demo/prove-nothing-left.ts";
import { processIdsIn, visitCommand, workloadCommand } from "../demo/remote-script.ts";
import { visit } from "../demo/visit.ts";
import type { ExitCode } from "../exit-codes.ts";
import { describeGrant } from "../input/describe-lease.ts";
import { type Line, table } from "../output/line.ts";
import type { Output, OutputOptions } from "../output/output.ts";
import { Interrupts } from "../session/interrupts.ts";
import { PrivateFolder } from "../session/private-folder.ts";
import { writeSshAccess } from "../session/ssh-access.ts";
import { Stopwatch } from "../session/stopwatch.ts";
import { describeExit, exitCodeOfRun, usageLines } from "../session/usage-lines.ts";
import { watch } from "../session/watch.ts";
import { withInstance } from "../session/with-instance.ts";
import { explanationLines } from "./plan.ts";

/** Options of `bridge demo`. */
export interface DemoOptions extends OutputOptions {
  readonly grant?: string;
}

const heading = (text: string): Line => [{ text, style: "bold" }];

/** The whole life of a grant on this machine: plan, provision, SSH, usage, terminate, list. */
export async function demo({ grant: grantPath }: DemoOptions, output: Output): Promise<ExitCode> {
  const grant = await demoGrant(grantPath);
  const interrupts = new Interrupts();
  const folder = await PrivateFolder.make();
  const stopwatch = new Stopwatch();
  const fleet = new Fleet({
    owner: `demo-${randomBytes(4).toString("hex")}`,
    masterSecret: randomBytes(32),
    backends: [local({ stateDirectory: join(folder.path, "state") })],
    log: output.log,
  });
  try {
    return await live(grant, { fleet, folder, interrupts, output, stopwatch });
  } catch (error) {
    const isLeft = isBridgeError(error) && error.operation === "terminate";
    if (isLeft) {
      folder.keep();
      output.note(`the records stay in ${folder.path}; what may be left ends by itself at ${new Date(createAlmanac().tickToMs(grant.validTo)).toISOString()}`);
    }
    if (isLeft || !interrupts.happened) throw error;
    output.note("interrupted; nothing is left");
    return 130;
  } finally {
    await folder.remove();
    await fleet.close();
    interrupts.dispose();
  }
}

async function live(grant: ComputeGrant, { fleet, folder, interrupts, output, stopwatch }: {
  readonly fleet: Fleet; readonly folder: PrivateFolder; readonly interrupts: Interrupts; readonly output: Output; readonly stopwatch: Stopwatch;
}): Promise<ExitCode> {
  const explanation = await stopwatch.time("plan", () => fleet.explain(grant));
  output.tell(heading("plan"), `  ${describeGrant(grant)}`, ...explanationLines(explanation));

  const { publicKey, privateKey } = generateSshKeyPair();
  const envelope = { sshPublicKey: publicKey, command: workloadCommand };
  output.tell(heading("provision"));
  const { instance, access, visited, usage } = await withInstance({ fleet, grant, envelope, makeRequesterKey: false, interrupts, output, stopwatch }, async (instance: ProvisionedInstance) => {
    const access = await writeSshAccess(folder, instance, { privateKey });
    output.tell(heading("connect"), `  ${access.command}`);
    const visited = await stopwatch.time("connect", () => visit(instance, access, privateKey, visitCommand, interrupts.signal));
    output.tell(`  by ${visited.client}, host key ${access.hostKeyFingerprint} verified; a command inside printed:`, ...visited.output.trimEnd().split("\n").map((line) => `    ${line}`));
    output.tell(heading("workload"));
    const usage = await stopwatch.time("workload", () => watch({ fleet, instance, validTo: grant.validTo, signal: interrupts.signal, output }));
    output.tell(heading("usage"), ...usageLines(usage), `  exit         ${describeExit(usage.exit)}`, heading("terminate"));
    return { instance, access, visited, usage };
  });

  const listing = await stopwatch.time("list", () => fleet.list());
  proveNothingLeft(listing, processIdsIn(visited.output));
  await folder.remove();
  const { steps, totalSeconds } = stopwatch;
  output.result({ grant, instance, ssh: { command: access.command, client: visited.client, output: visited.output }, usage, nothingLeft: true, steps, totalSeconds }, [
    [{ text: "nothing left", style: "green" }, ": the list is complete and empty, and no process remains"],
    ...table([...steps.map(({ step, seconds }) => [step, `${seconds.toFixed(2)} s`]), ["all", `${totalSeconds.toFixed(2)} s`]], "  "),
  ]);
  return exitCodeOfRun(usage.exit);
}
