import { BridgeError } from "@bridge/core/backend";
import type { Client, ClientChannel } from "ssh2";
import { type ControlStatus, controlUser, type ControlVerb, type StartRequest } from "../control-protocol.ts";
import { within } from "../wait.ts";
import { parseControlStatus } from "./control-status.ts";

/** Where a machine answers, and the two keys that prove both sides. */
export interface ControlTarget {
  readonly host: string;
  readonly port: number;
  /** OpenSSH line; the raw key that the machine shows must equal it. */
  readonly hostKey: string;
  /** OpenSSH private key of the control account. */
  readonly privateKey: string;
  /** The longest for connecting, key exchange and log-in together. */
  readonly connectTimeoutSeconds: number;
  readonly signal?: AbortSignal;
}

/** An SSH connection to a machine whose host key was verified. */
export interface ControlSession {
  /**
   * Runs one verb. `start` needs its request.
   *
   * @throws BridgeError `unavailable`: refused, connection lost, or no status printed; `timeout`; `aborted`.
   */
  run(verb: Exclude<ControlVerb, "start">, options: VerbOptions): Promise<ControlStatus>;
  run(verb: "start", options: VerbOptions & { readonly request: StartRequest }): Promise<ControlStatus>;
  /** Ends the connection; what still runs fails. */
  close(): void;
}

/** Bounds of one verb. */
export interface VerbOptions {
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal;
}

const longestAnswerBytes = 65_536;

/**
 * Connects as the control account. Loads ssh2 on first use.
 *
 * @throws BridgeError `host_key_mismatch`: another key is shown; `unavailable`: refused, reset, not logged in;
 * `timeout`; `aborted`.
 */
export async function connectControl(target: ControlTarget): Promise<ControlSession> {
  const { default: ssh2 } = await import("ssh2");
  const client = new ssh2.Client();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  let shown: Buffer | undefined;
  const expected = Buffer.from(target.hostKey.split(" ")[1] ?? "", "base64");
  const isExpected = (key: Buffer) => {
    shown = key;
    return key.equals(expected);
  };
  const at = `${target.host}:${target.port}`;
  client.on("connect", () => client.setNoDelay(true));
  client.on("error", (cause) => {
    const mismatch = shown !== undefined && !shown.equals(expected);
    failed.reject(mismatch
      ? new BridgeError("host_key_mismatch", `${at} answers with another SSH host key than the one that the machine was given`, { cause })
      : new BridgeError("unavailable", `SSH to ${at} failed: ${cause.message}`, { cause }));
  });
  client.on("close", () => failed.reject(new BridgeError("unavailable", `SSH to ${at}: the connection was closed`)));
  const seconds = target.connectTimeoutSeconds;
  const ready = () => new Promise<void>((resolve) => {
    client.once("ready", resolve);
    client.connect({
      host: target.host, port: target.port, username: controlUser, privateKey: target.privateKey,
      // Both bounds: ssh2's own covers the handshake only once the socket is open.
      readyTimeout: Math.ceil(seconds * 1000) + 1000, hostVerifier: isExpected,
    });
  });
  try {
    await within(seconds, `SSH to ${at}`, () => Promise.race([ready(), failed.promise]), target.signal);
  } catch (error) {
    client.destroy();
    throw error;
  }
  return {
    run: (verb: ControlVerb, { timeoutSeconds, signal, request }: VerbOptions & { readonly request?: StartRequest }) =>
      within(timeoutSeconds, `${verb} at ${at}`, () => Promise.race([runVerb(client, verb, request), failed.promise]), signal),
    close: () => client.destroy(),
  };
}

function runVerb(client: Client, verb: ControlVerb, request: StartRequest | undefined): Promise<ControlStatus> {
  const { promise, resolve, reject } = Promise.withResolvers<ControlStatus>();
  const refuse = (why: string, cause?: unknown) => reject(new BridgeError("unavailable", `the machine did not answer ${verb}: ${why}`, cause === undefined ? {} : { cause }));
  const onChannel = (cause: Error | undefined, channel: ClientChannel) => {
    if (cause !== undefined) return refuse(cause.message, cause);
    let printed = "";
    channel.setEncoding("utf8");
    channel.on("data", (text: string) => {
      if (printed.length < longestAnswerBytes) printed += text;
    });
    // Nothing of it goes into messages: what it says may hold what was sent.
    channel.stderr.resume();
    channel.on("close", (code: number | null | undefined) => {
      if (code !== 0) return refuse(code === undefined || code === null ? "no exit code came" : `exit code ${code}`);
      try {
        resolve(parseControlStatus(printed));
      } catch (error) {
        reject(error);
      }
    });
    channel.end(request === undefined ? undefined : JSON.stringify(request));
  };
  try {
    client.exec(verb, onChannel);
  } catch (cause) {
    refuse("not connected", cause);
  }
  return promise;
}
