import type { BootInput } from "./boot-input.ts";

/** The machine's end of the control channel, as Bridge's user data installs it. */
const ctlPath = "/usr/lib/bridge/ctl";
const timerPath = "/etc/systemd/system/bridge-deadline.timer";

/** What the machine was told about itself. */
export interface MachineFacts {
  readonly requestKey: string;
  readonly attempt: number;
  /** The requester's account. */
  readonly user: string;
}

/** Reads `/etc/bridge/machine.json`; undefined when the user data wrote none. */
export function machineFacts({ files }: BootInput): MachineFacts | undefined {
  const file = files.get("/etc/bridge/machine.json");
  // The kit wrote it, and its own script reads it in the same way.
  return file === undefined ? undefined : (JSON.parse(file.content) as MachineFacts);
}

/** When the deadline timer powers the machine off, in milliseconds since the Unix epoch; undefined when no armed timer was installed. */
export function powerOffAtMs({ files, commands }: BootInput): number | undefined {
  const armed = commands.some(([program, verb]) => program === ctlPath && verb === "arm");
  const [, date, time] = /^OnCalendar=(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/m.exec(files.get(timerPath)?.content ?? "") ?? [];
  return armed && date !== undefined ? Date.parse(`${date}T${time}Z`) : undefined;
}

/** The words that a forced command comes to, or why it is refused: `sudo` for exactly the listed commands, and only programs that are there. */
export function forcedWords({ files }: BootInput, { forcedCommand, asked, sudo }: { readonly forcedCommand: string; readonly asked: string; readonly sudo: string }): readonly string[] | string {
  const words = forcedCommand.replace("$SSH_ORIGINAL_COMMAND", asked).trim().split(/\s+/);
  if (words[0] !== "sudo") return "not run as root";
  const [, listed = ""] = /NOPASSWD: ?(.*)$/.exec(sudo) ?? [];
  const [program = ""] = words.slice(1);
  const allowed = listed.split(",").map((command) => command.trim());
  if (!allowed.includes("ALL") && !allowed.includes(words.slice(1).join(" "))) return "sudo: a password is required";
  if (program !== ctlPath || files.get(program)?.permissions !== "0755") return `sudo: ${program}: command not found`;
  return words.slice(2);
}
