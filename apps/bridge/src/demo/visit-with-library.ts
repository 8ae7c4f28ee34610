import { BridgeError, type ProvisionedInstance } from "@bridge/core";
import { Client } from "ssh2";

/** Runs a command with ssh2 where there is no OpenSSH client. The host key must be the instance's. @throws BridgeError `unavailable`, `aborted`. */
export async function visitWithLibrary(instance: ProvisionedInstance, privateKey: string, command: string, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const fail = (error: Error) => reject(new BridgeError("unavailable", `SSH: ${error.message}`, { cause: error }));
  const onAbort = () => reject(new BridgeError("aborted", "the SSH session was ended", { cause: signal.reason }));
  signal.addEventListener("abort", onAbort, { once: true });
  const pinned = Buffer.from(instance.hostKey.split(" ")[1] ?? "", "base64");
  const client = new Client();
  client.on("error", fail).on("ready", () => client.exec(command, (error, channel) => {
    if (error !== undefined) return fail(error);
    let output = "";
    channel.setEncoding("utf8").on("data", (text: string) => { output += text; });
    channel.stderr.resume();
    channel.on("close", (code: number | null) => (code === 0 ? resolve(output) : fail(new Error(`the command ended with ${String(code)}`))));
  }));
  client.connect({ host: instance.publicHost, port: instance.sshPort, username: instance.user, privateKey, hostVerifier: (key: Buffer) => key.equals(pinned) });
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    client.end();
  }
}
