import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { missingTerminals } from "./missing-terminals.ts";

/** Size of a terminal, in characters. */
export interface WindowSize {
  readonly columns: number;
  readonly rows: number;
}

/** A client without a terminal of its own sends 0 x 0: then it is the size of a terminal that says nothing, 80 x 24. */
const whole = (value: number, otherwise: number): string => String(Math.max(1, Math.min(9999, Math.trunc(value) || otherwise)));

/** Constant; all values come through the environment. `stty sane` turns on the echo that script(1) leaves off without a terminal. */
const firstCommand = 'stty sane rows "$BRIDGE_ROWS" columns "$BRIDGE_COLUMNS"; tty >"$BRIDGE_TTY_FILE"; unset BRIDGE_TTY_FILE BRIDGE_ROWS BRIDGE_COLUMNS; '
  + 'if [ -n "${BRIDGE_COMMAND+set}" ]; then c=$BRIDGE_COMMAND; unset BRIDGE_COMMAND; exec "$SHELL" -c "$c"; else exec "$SHELL" -l; fi';

/** A process on a real pseudo-terminal, which script(1) of the system opens; its size is set with stty(1) on the terminal's device. */
export class Pty {
  /** Why there are no terminals on this system; undefined where there are. */
  static readonly missing: string | undefined = missingTerminals();

  readonly child: ChildProcess;
  readonly #ttyFile: string;
  #wanted: WindowSize | undefined;

  constructor({ directory, shell, command, cwd, env, term, columns, rows }: WindowSize & {
    directory: string; shell: string; command?: string; cwd: string; env: NodeJS.ProcessEnv; term: string;
  }) {
    this.#ttyFile = join(directory, `tty-${randomBytes(6).toString("hex")}`);
    const args = process.platform === "darwin" ? ["-q", "/dev/null", "/bin/sh", "-c", firstCommand] : ["-q", "-e", "-f", "-c", firstCommand, "/dev/null"];
    this.child = spawn("script", args, {
      cwd,
      detached: true,
      env: {
        ...env, TERM: term || "dumb", SHELL: shell, BRIDGE_TTY_FILE: this.#ttyFile, BRIDGE_ROWS: whole(rows, 24), BRIDGE_COLUMNS: whole(columns, 80),
        ...(command === undefined ? {} : { BRIDGE_COMMAND: command }),
      },
    });
    this.child.on("close", () => rmSync(this.#ttyFile, { force: true }));
  }

  /** Sets the size; the kernel tells the programs on the terminal (SIGWINCH). */
  resize(size: WindowSize): void {
    this.#wanted = size;
    this.#apply(100);
  }

  /** The terminal may not be open yet: then it is tried again, up to two seconds, with the size wanted last. */
  #apply(tries: number): void {
    if (this.#wanted === undefined) return;
    const { columns, rows } = this.#wanted;
    let tty: string;
    try {
      tty = readFileSync(this.#ttyFile, "utf8").trim();
    } catch {
      tty = "";
    }
    if (tty === "") {
      if (tries > 0 && this.child.exitCode === null) setTimeout(() => this.#apply(tries - 1), 20);
      return;
    }
    const device = process.platform === "darwin" ? "-f" : "-F";
    execFile("stty", [device, tty, "rows", whole(rows, 24), "columns", whole(columns, 80)], () => {}); // a terminal that closed meanwhile needs no size
  }
}
