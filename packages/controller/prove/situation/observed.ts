import { type ComputeGrant, type ConfiguredBackend, type Log } from "@bridge/core";
import { generateSshKeyPair } from "@bridge/core/keys";
import { Controller, type ControllerEvent, type ControllerOptions } from "@bridge/controller";

/** What every situation's controllers have in common. */
export const owner = "prove";
export const masterSecret = "prove ".repeat(8);
const user = generateSshKeyPair();

/** A grant for a machine that runs until it is ended, ten minutes at most. */
export const grantOf = (requestId: string, manifest: Partial<ComputeGrant["manifest"]> = {}): ComputeGrant => ({
  requestId, issuer: "prove", providerId: "prove", validFrom: 0, validTo: Math.floor(Date.now() / 1000) + 600,
  manifest: { cpuMillicores: 100, ramMib: 64, storageGib: 0, arch: process.arch === "arm64" ? "arm64" : "amd64", tdx: "none", regions: [], ...manifest },
});

const envelope = { sshPublicKey: user.publicKey, command: ["/bin/sh", "-c", "while :; do sleep 1; done"] };

/** A controller, and all that it has said since it was made. */
export interface Observed extends AsyncDisposable {
  readonly controller: Controller;
  readonly events: readonly ControllerEvent[];
  /** Warnings and errors: message and fields as JSON. */
  readonly loud: readonly string[];
}

/** Starts a controller and listens to it. */
export async function observe(file: string, backends: readonly ConfiguredBackend[], options: Partial<ControllerOptions> = {}): Promise<Observed> {
  const loud: string[] = [];
  const keep = (fields: object, message: string) => void loud.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug: () => {}, info: () => {}, warn: keep, error: keep };
  const controller = await Controller.open({ owner, providerId: "prove", masterSecret, backends, ledger: { file }, log, settings: { stopSeconds: 1 }, ...options });
  const events: ControllerEvent[] = [];
  void (async () => {
    for await (const event of controller.events()) events.push(event);
  })();
  await controller.start();
  return { controller, events, loud, [Symbol.asyncDispose]: async () => controller.stop() };
}

/** Submits a grant and waits until its machine runs; gives its request key. */
export async function lease({ controller }: Observed, grant: ComputeGrant): Promise<string> {
  const { requestKey } = await controller.submitTrusted(grant, envelope);
  const { state, result } = await controller.waitFor(requestKey, "running");
  if (state !== "running") throw new Error(`the machine did not come to run: ${JSON.stringify(result)}`);
  return requestKey;
}

/** Submits a grant without waiting for anything. */
export const submit = async ({ controller }: Observed, grant: ComputeGrant): Promise<string> => (await controller.submitTrusted(grant, envelope)).requestKey;

/** What is to be heard of a machine: as an event, in the overview, and in the log. */
export interface Expected {
  readonly kind: "stranger" | "stranded";
  readonly reason: string;
  readonly requestKey: string;
  readonly backend: string;
}

/** Sweeps twice, so that whatever a controller would do it has done, and tells what was expected and not heard. */
export async function unheard({ controller, events, loud }: Observed, expected: readonly Expected[]): Promise<readonly string[]> {
  await controller.sweep();
  await controller.sweep();
  // Strays are ended beside the sweep.
  await new Promise((resolve) => void setTimeout(resolve, 500));
  const overview = await controller.overview();
  const lists: Readonly<Record<Expected["kind"], readonly Omit<Expected, "kind">[]>> = { stranger: overview.strangers, stranded: overview.stranded };
  const isSame = (one: object) => ({ reason, requestKey, backend }: Expected) => Object.entries({ reason, requestKey, backend }).every(([key, value]) => Reflect.get(one, key) === value);
  const missing = expected.flatMap((each) => [
    ...(lists[each.kind].some((one) => isSame(one)(each)) ? [] : [`${each.reason} in the overview`]),
    ...(events.some((one) => one.type === each.kind && isSame(one)(each)) ? [] : [`${each.reason} as an event`]),
    ...(loud.some((line) => line.includes(each.reason) && line.includes(each.requestKey) && line.includes(`"${each.backend}"`)) ? [] : [`${each.reason} in the log`]),
  ]);
  const listed = overview.strangers.length + overview.stranded.length;
  return listed === expected.length ? missing : [...missing, `${listed} reports instead of ${expected.length}`];
}
