import { BridgeError, type ComputeGrant, Fleet, type SshKeyPair } from "@bridge/core";
import { deriveSeed, deriveSshKeyPair } from "@bridge/core/keys";
import { defaultAccessKey, Ec2Server } from "@bridge/fake-clouds";
import { aws } from "../src/index.ts";

/** What one RunInstances carried, and the keys with which the attempt was made. */
export interface Launch {
  readonly requestKey: string;
  readonly attempt: number;
  /** By its tag; milliseconds since the Unix epoch. */
  readonly deadlineMs: number;
  /** Decoded, as it arrived. */
  readonly userData: Buffer;
  /** Of the instance. */
  readonly tags: Readonly<Record<string, string>>;
  readonly hostKey: SshKeyPair;
  readonly controlKey: SshKeyPair;
  readonly exitMac: Uint8Array;
}

const masterSecret = "the master secret of a proof, of more than 32 bytes";

/** Whose machines they are. */
export const owner = "prove";

/** Makes a function that has the backend launch an instance on a fake EC2, through the real SDK, and gives what arrived there. */
export async function launcher(): Promise<{ readonly launch: (requestId: string, deadlineMs: number) => Promise<Launch>; readonly close: () => Promise<void> }> {
  const server = new Ec2Server({ settings: { machines: "none" } });
  await server.listen();
  const backend = aws({ regions: ["eu-west-1"], endpoint: server.endpoint, instanceTypes: ["t3.small"], credentials: { accessKeyId: defaultAccessKey.accessKeyId, secretAccessKey: defaultAccessKey.secretAccessKey } });
  const launch = async (requestId: string, deadlineMs: number): Promise<Launch> => {
    // A deadline may have passed by now: this Fleet lives ten minutes before it.
    const nowMs = Math.min(Date.now(), deadlineMs - 600_000);
    const fleet = new Fleet({ owner, ledgerId: "ledger", masterSecret, backends: [backend], fallback: "never", now: () => nowMs });
    const grant: ComputeGrant = {
      requestId, issuer: "prove", providerId: "prove", validFrom: Math.floor(nowMs / 1000) - 60, validTo: Math.ceil(deadlineMs / 1000),
      manifest: { cpuMillicores: 1000, ramMib: 512, storageGib: 1, arch: "amd64", tdx: "none", regions: [] },
    };
    const launched = new AbortController();
    try {
      // Nobody answers at its address: what counts is the request.
      await fleet.provisionForGrant(grant, { command: ["true"] }, { makeRequesterKey: true, signal: launched.signal, onCreated: async () => launched.abort() });
    } catch (thrown) {
      if (!(thrown instanceof BridgeError && thrown.code === "aborted")) throw thrown;
    } finally {
      await fleet.close();
    }
    const made = (await server.control.books()).instances.at(-1);
    const requestKey = made?.tags["bridge-request"] ?? "";
    const keyOf = (purpose: "ssh-host" | "ssh-control") => deriveSshKeyPair({ masterSecret, purpose, requestKey, attempt: 1 });
    return {
      requestKey, attempt: 1, deadlineMs: Number(made?.tags["bridge-deadline-ms"]), tags: made?.tags ?? {}, userData: Buffer.from(made?.request.UserData ?? "", "base64"),
      hostKey: keyOf("ssh-host"), controlKey: keyOf("ssh-control"), exitMac: deriveSeed(masterSecret, new Uint8Array(), ["exit-mac", requestKey, 1]),
    };
  };
  return { launch, close: () => server.close() };
}
