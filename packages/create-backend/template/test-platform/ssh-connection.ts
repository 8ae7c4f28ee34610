import { controlUser, type StartRequest } from "@bridge/backend-kit";
import ssh2, { type AuthContext, type Connection, type ServerChannel } from "ssh2";
import type { Machine } from "./machine.ts";

/** Serves one SSH connection: the control account may run three verbs, the requester's account any command. */
export function serveSsh(connection: Connection, machine: Machine): void {
  let user = "";
  connection.on("error", () => {});
  connection.on("authentication", (context) => {
    const allowed = context.username === controlUser ? machine.boot.controlPublicKey : context.username === machine.boot.user ? machine.requesterKey : undefined;
    if (allowed === undefined || !holdsKey(context, allowed)) return context.reject(["publickey"]);
    user = context.username;
    context.accept();
  });
  connection.on("ready", () => connection.on("session", (accept) => {
    const session = accept();
    session.on("exec", (accepted, _refuse, { command }) => {
      if (user === controlUser) control(connection, accepted(), command, machine);
      else runCommand(accepted(), command, machine);
    });
  }));
}

function holdsKey(context: AuthContext, allowedLine: string): boolean {
  if (context.method !== "publickey") return false;
  const allowed = ssh2.utils.parseKey(allowedLine);
  if (allowed instanceof Error || !allowed.getPublicSSH().equals(context.key.data)) return false;
  // Without a signature the client only asks whether this key would do.
  return context.signature === undefined || (context.blob !== undefined && allowed.verify(context.blob, context.signature, context.hashAlgo) === true);
}

/** The control protocol: one verb, one line of JSON, exit code 0; anything else is refused with another code. */
function control(connection: Connection, channel: ServerChannel, verb: string, machine: Machine): void {
  const input: Buffer[] = [];
  const answer = (code: number) => {
    if (code === 0) channel.write(`${JSON.stringify(machine.status)}\n`);
    channel.exit(code);
    channel.end();
  };
  channel.on("data", (bytes: Buffer) => void input.push(bytes));
  channel.on("end", () => {
    if (verb === "status") return answer(0);
    if (verb !== "start") return answer(2);
    const request = startRequest(Buffer.concat(input).toString());
    if (request === undefined || !machine.start(request)) return answer(3);
    if (machine.losesStartAnswer()) return void connection.end();
    answer(0);
  });
}

/** Undefined for one that was cut short: its sender has died. */
function startRequest(text: string): StartRequest | undefined {
  try {
    return JSON.parse(text) as StartRequest; // from the kit, over the verified channel
  } catch {
    return undefined;
  }
}

function runCommand(channel: ServerChannel, command: string, machine: Machine): void {
  const child = machine.run("/bin/sh", ["-c", command]);
  if (child.stdin !== null) channel.pipe(child.stdin);
  child.stdin?.on("error", () => {});
  child.stdout?.on("data", (bytes: Buffer) => void channel.write(bytes));
  child.stderr?.on("data", (bytes: Buffer) => void channel.stderr.write(bytes));
  child.on("error", () => channel.close());
  child.on("close", (code) => {
    channel.exit(code ?? 137);
    channel.end();
  });
}
