import { type ComputeGrant, createAlmanac, isBridgeError, type ProvisionedInstance } from "@bridge/core";
import { openFleet } from "../config/open-fleet.ts";
import type { ConfigOptions } from "../config/locate-config.ts";
import type { ExitCode } from "../exit-codes.ts";
import { checkImage, type EnvelopeOptions, readEnvelope } from "../input/read-envelope.ts";
import { readGrant, shortenLease } from "../input/read-grant.ts";
import type { Output, OutputOptions } from "../output/output.ts";
import { chooseKey } from "../session/choose-key.ts";
import { Interrupts } from "../session/interrupts.ts";
import { PrivateFolder } from "../session/private-folder.ts";
import { type SshAccess, writeSshAccess } from "../session/ssh-access.ts";
import { Stopwatch } from "../session/stopwatch.ts";
import { describeExit, exitCodeOfRun, usageLines } from "../session/usage-lines.ts";
import { watch } from "../session/watch.ts";
import { withInstance } from "../session/with-instance.ts";

/** Options of `bridge provision`. */
export interface ProvisionOptions extends ConfigOptions, OutputOptions, EnvelopeOptions {
  readonly makeKey?: true;
  readonly validForSeconds?: number;
}

function showAccess(output: Output, instance: ProvisionedInstance, access: SshAccess, { validTo }: ComputeGrant): void {
  const { backend, instanceId, region, isolation, tdx, hostKeyProvenance } = instance;
  const { command, parameters, knownHostsPath, hostKeyFingerprint } = access;
  output.note(`instance ${instanceId} on ${backend} in ${region}; isolation: ${isolation}; TDX: ${tdx}`);
  output.note(`host key ${hostKeyFingerprint} (${hostKeyProvenance})`);
  output.note(`the lease ends ${new Date(createAlmanac().tickToMs(validTo)).toISOString()}; Ctrl-C ends it now. To get in:`);
  output.result({ event: "ready", instance, ssh: { command, parameters, knownHostsPath, hostKeyFingerprint } }, [[{ text: command, style: "bold" }]]);
}

/** Whether the session ended as the interrupt asked; a failed terminate is a failure all the same. */
const isInterrupted = (error: unknown, { happened }: Interrupts): boolean => happened && !(isBridgeError(error) && error.operation === "terminate");

/** Makes a machine for a grant, shows how to get in, watches it, meters it, and ends it, in the foreground. */
export async function provision(grantPath: string, options: ProvisionOptions, output: Output): Promise<ExitCode> {
  const grant = shortenLease(await readGrant(grantPath), options.validForSeconds);
  const written = await readEnvelope(options);
  checkImage(written, grant);
  const key = chooseKey(written, options);
  const { fleet } = await openFleet(options, output);
  const interrupts = new Interrupts();
  const folder = await PrivateFolder.make();
  const stopwatch = new Stopwatch();
  try {
    const { envelope, makeRequesterKey } = key;
    const usage = await withInstance({ fleet, grant, envelope, makeRequesterKey, interrupts, output, stopwatch }, async (instance) => {
      showAccess(output, instance, await writeSshAccess(folder, instance, { ...key, privateKey: instance.keyPrivate ?? key.privateKey }), grant);
      return stopwatch.time("watch", () => watch({ fleet, instance, validTo: grant.validTo, signal: interrupts.signal, output }));
    });
    const exitCode = exitCodeOfRun(usage.exit);
    output.result({ event: "done", exitCode, usage, steps: stopwatch.steps }, ["usage", ...usageLines(usage), `  exit         ${describeExit(usage.exit)}`]);
    return exitCode;
  } catch (error) {
    if (!isInterrupted(error, interrupts)) throw error;
    output.step({ event: "interrupted" }, "interrupted; nothing is left");
    return 130;
  } finally {
    await folder.remove();
    await fleet.close();
    interrupts.dispose();
  }
}
