import type { ProvisionedInstance } from "@bridge/core";

const timeoutMs = 15_000;

/** What somebody who connects to an instance meets. */
export interface SshProbe {
  /** The host key shown, an OpenSSH line; absent: no key exchange was completed. */
  readonly hostKey?: string;
  /** Whether the account let the key in. */
  readonly loggedIn: boolean;
  readonly error?: string;
}

/** Connects to an instance as its requester, believing any host key for a look at it. */
export async function probeSsh({ publicHost, sshPort, user }: ProvisionedInstance, privateKey: string): Promise<SshProbe> {
  // Loaded only by who needs it: subjects without SSH do not.
  const { default: ssh2 } = await import("ssh2");
  const client = new ssh2.Client();
  const { promise, resolve } = Promise.withResolvers<SshProbe>();
  let hostKey: string | undefined;
  let exchanged = false;
  const seen = () => (hostKey === undefined || !exchanged ? {} : { hostKey });
  client.on("handshake", () => {
    exchanged = true;
  });
  client.on("ready", () => resolve({ ...seen(), loggedIn: true }));
  client.on("error", (error) => resolve({ ...seen(), loggedIn: false, error: error.message }));
  client.on("close", () => resolve({ ...seen(), loggedIn: false, error: "the connection was closed" }));
  client.connect({
    host: publicHost, port: sshPort, username: user, privateKey, readyTimeout: timeoutMs,
    hostVerifier: (key: Buffer) => {
      const length = key.readUInt32BE(0);
      hostKey = `${key.subarray(4, 4 + length).toString()} ${key.toString("base64")}`;
      return true;
    },
  });
  try {
    return await promise;
  } finally {
    client.end();
  }
}
