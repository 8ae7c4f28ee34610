import ssh2, { type AuthContext, type Connection, type ServerChannel } from "ssh2";
import type { AuthorizedKey } from "./authorized-key.ts";
import { exitCodeOf, type GuestProcesses } from "./guest-processes.ts";
import type { VerbResult } from "./control-verbs.ts";

/** What the SSH server asks the machine that it stands for. */
export interface SshHost {
  readonly processes: GuestProcesses;
  /** Keys that open an account now. */
  keysOf(user: string): readonly AuthorizedKey[];
  /** Runs the forced command of a key; undefined: the connection breaks before the answer. */
  runForced(user: string, forcedCommand: string, asked: string, input: string): VerbResult | undefined;
  powerOff(): void;
}

const powerOffCommand = /^(sudo )?((systemctl )?poweroff|shutdown -(P|h) now)$/;

/** Serves one SSH connection: public keys only; a key with a forced command runs that and nothing else. */
export function serveSsh(connection: Connection, host: SshHost): void {
  let login: { readonly user: string; readonly key: AuthorizedKey } | undefined;
  connection.on("error", () => {});
  connection.on("authentication", (context) => {
    const key = host.keysOf(context.username).find(({ publicKey }) => holdsKey(context, publicKey));
    if (key === undefined) return context.reject(["publickey"]);
    login = { user: context.username, key };
    context.accept();
  });
  connection.on("ready", () => connection.on("session", (accept) => {
    if (login === undefined) return connection.end();
    const session = accept();
    const { user, key: { forcedCommand, restricted } } = login;
    session.on("pty", (accepted, refuse) => (restricted ? refuse() : accepted()));
    session.on("exec", (accepted, _refuse, { command }) => {
      if (forcedCommand !== undefined) runForced(connection, accepted(), { readsInput: command === "start", run: (input) => host.runForced(user, forcedCommand, command, input) });
      else if (powerOffCommand.test(command)) host.powerOff();
      else runProgram(accepted(), host.processes, ["-c", command]);
    });
    session.on("shell", (accepted, refuse) => {
      if (forcedCommand === undefined) runProgram(accepted(), host.processes, ["-i"]);
      else refuse();
    });
  }));
}

function holdsKey(context: AuthContext, publicKey: string): boolean {
  if (context.method !== "publickey") return false;
  const allowed = ssh2.utils.parseKey(publicKey);
  if (allowed instanceof Error || !allowed.getPublicSSH().equals(context.key.data)) return false;
  // Without a signature the client only asks whether this key would do.
  return context.signature === undefined || (context.blob !== undefined && allowed.verify(context.blob, context.signature, context.hashAlgo) === true);
}

function runForced(connection: Connection, channel: ServerChannel, { readsInput, run }: { readonly readsInput: boolean; readonly run: (input: string) => VerbResult | undefined }): void {
  outliveClient(channel);
  const input: Buffer[] = [];
  const answer = () => {
    const result = run(Buffer.concat(input).toString());
    if (result === undefined) return void connection.end();
    if (!channel.writable) return;
    if (result.printed !== undefined) channel.write(result.printed);
    if (result.complained !== undefined) channel.stderr.write(`${result.complained}\n`);
    channel.exit(result.code);
    channel.end();
  };
  channel.on("data", (bytes: Buffer) => void input.push(bytes));
  if (readsInput) channel.on("end", answer);
  else answer();
}

function runProgram(channel: ServerChannel, processes: GuestProcesses, parameters: readonly string[]): void {
  outliveClient(channel);
  const child = processes.start("/bin/sh", parameters);
  channel.pipe(child.stdin);
  child.stdout.on("data", (bytes: Buffer) => void (channel.writable && channel.write(bytes)));
  child.stderr.on("data", (bytes: Buffer) => void (channel.writable && channel.stderr.write(bytes)));
  void exitCodeOf(child).then((code) => {
    if (!channel.writable) return;
    channel.exit(code);
    channel.end();
  });
}

/** A client may go at any moment, and what is written to it then is nobody's: that ends no machine. */
function outliveClient(channel: ServerChannel): void {
  channel.on("error", () => {});
  channel.stderr.on("error", () => {});
}
