import { type ChildProcess, spawn } from "node:child_process";
import { constants, userInfo } from "node:os";
import type { ServerChannel, Session } from "ssh2";
import type { InstanceDirectory } from "../state/state-directory.ts";
import { Pty, type WindowSize } from "./pty.ts";
import { serveSftp } from "./sftp.ts";
import type { Workload } from "./workload.ts";

const isSignal = (name: string): name is NodeJS.Signals => Object.hasOwn(constants.signals, name);

/** Signals the whole group of a session's process; it may have ended meanwhile. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // ended
  }
}

/** Joins a process and a channel: data both ways, exit code or signal at the end. */
function join(child: ChildProcess, channel: ServerChannel): void {
  if (child.stdin !== null) {
    child.stdin.on("error", () => {}); // the process has closed its end
    channel.pipe(child.stdin);
  }
  child.stdout?.pipe(channel, { end: false });
  child.stderr?.pipe(channel.stderr, { end: false });
  child.on("error", (error) => {
    channel.stderr.write(`${error.message}\n`);
    channel.exit(127);
    channel.end();
  });
  child.on("close", (code, signal) => {
    if (signal !== null) channel.exit(signal.slice("SIG".length), false, "");
    else channel.exit(code ?? 255);
    channel.end();
  });
}

/** A session of the requester: exec and shell, with a terminal when asked for one, and sftp. */
export function serveSession(session: Session, directory: InstanceDirectory, workload: Workload): void {
  const environment: Record<string, string> = {};
  let terminal: (WindowSize & { readonly term: string }) | undefined;
  let pty: Pty | undefined;
  let running: ChildProcess | undefined;

  const run = (channel: ServerChannel, command?: string) => {
    const shell = userInfo().shell ?? "/bin/sh";
    const setting = { cwd: directory.workPath, env: { ...workload.environment, ...environment, SHELL: shell } };
    if (terminal !== undefined) pty = new Pty({ directory: directory.path, shell, ...(command === undefined ? {} : { command }), ...terminal, ...setting });
    running = pty?.child ?? spawn(shell, command === undefined ? [] : ["-c", command], { ...setting, detached: true });
    if (terminal === undefined && command === undefined) channel.stderr.write(Pty.missing === undefined ? "" : `${Pty.missing}\r\n`);
    join(running, channel);
    // A terminal hangs up when its client leaves; without one the process goes on, as with any SSH server.
    // script(1) blocks SIGHUP; when it is killed the kernel hangs the terminal up, which is what programs expect.
    const child = running;
    if (pty !== undefined) channel.on("close", () => signalGroup(child, "SIGKILL"));
  };

  session.on("env", (accept, reject, { key, val }) => {
    // As OpenSSH's default configuration has it: only what says which language to speak.
    if (!/^(LANG|LC_[A-Z]+)$/.test(key)) return void reject?.();
    environment[key] = val;
    accept?.();
  });
  session.on("pty", (accept, reject, { cols, rows, term }) => {
    if (Pty.missing !== undefined) return void reject?.();
    terminal = { columns: cols, rows, term };
    accept?.();
  });
  session.on("window-change", (accept, _reject, { cols, rows }) => {
    pty?.resize({ columns: cols, rows });
    accept?.();
  });
  session.on("signal", (accept, reject, { name }) => {
    const signal = `SIG${name}`;
    if (running === undefined || !isSignal(signal)) return void reject?.();
    signalGroup(running, signal);
    accept?.();
  });
  session.on("shell", (accept) => run(accept()));
  session.on("exec", (accept, _reject, { command }) => run(accept(), command));
  session.on("sftp", (accept) => serveSftp(accept(), directory.workPath));
}
