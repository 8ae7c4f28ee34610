/**
 * What Bridge says to a machine over the control channel, and what the machine answers.
 *
 * The channel is SSH with the machine's pinned host key, as the account {@link controlUser}, whose key may run three verbs:
 * `start` (reads a {@link StartRequest} as JSON on stdin), `status` and `stop`. Each prints one {@link ControlStatus} as one
 * line of JSON and exits with 0; a refused verb exits with another code. No shell, no pty, no forwarding.
 */
export const controlUser = "bridge-control";

/** The verbs of the control channel. */
export type ControlVerb = "start" | "status" | "stop";

/** Everything of the requester's; sent once, after the host key was verified. */
export interface StartRequest {
  readonly version: 1;
  readonly requestKey: string;
  readonly attempt: number;
  /** The requester's SSH public key, an OpenSSH line. */
  readonly sshPublicKey: string;
  /** 32 bytes in base64; authenticates the exit line on the console. */
  readonly exitMac: string;
  readonly imageReference?: string;
  readonly pullCredentials?: { readonly username: string; readonly password: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** `waiting`: booted, not started. `running`: started. `exited`: the workload has ended. */
export interface ControlStatus {
  readonly version: 1;
  readonly state: "waiting" | "running" | "exited";
  /** The account that accepts the requester's key. */
  readonly user: string;
  /** Milliseconds since the Unix epoch; absent while waiting. */
  readonly startedAtMs?: number;
  /** The workload's exit code, 128 + signal number when a signal ended it. */
  readonly exitCode?: number;
}
