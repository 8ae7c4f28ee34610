import { randomBytes } from "node:crypto";
import { accessSync, constants, rmSync, statfsSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { Finding } from "@bridge/core/backend";
import { missingTerminals } from "./agent/missing-terminals.ts";

const leastFreeMib = 100;

/** Looks at what an instance needs of this machine: a folder that can be written, room in it, a shell, terminals. Leaves nothing behind. */
export function diagnose(stateDirectory: string): readonly Finding[] {
  return [
    tried("state directory", "mend its permissions, or name another one in the option stateDirectory", () => {
      const path = join(stateDirectory, `doctor-${randomBytes(6).toString("hex")}`);
      writeFileSync(path, "");
      rmSync(path);
      return `${stateDirectory} can be written`;
    }),
    room(stateDirectory),
    tried("shell", "give this user a login shell that can be run", () => {
      const shell = userInfo().shell ?? "/bin/sh";
      accessSync(shell, constants.X_OK);
      return shell;
    }),
    terminals(missingTerminals()),
  ];
}

function tried(subject: string, mend: string, attempt: () => string): Finding {
  try {
    return { subject, verdict: "fine", message: attempt() };
  } catch (error) {
    return { subject, verdict: "failed", message: String(error), mend };
  }
}

function room(stateDirectory: string): Finding {
  const { bavail, bsize } = statfsSync(stateDirectory);
  const freeMib = Math.floor((bavail * bsize) / 1_048_576);
  const found = { subject: "room", message: `${freeMib} MiB are free in ${stateDirectory}` };
  return freeMib >= leastFreeMib ? { ...found, verdict: "fine" } : { ...found, verdict: "warning", mend: "make room, or name a folder elsewhere in the option stateDirectory" };
}

const terminals = (missing: string | undefined): Finding => missing === undefined
  ? { subject: "terminals", verdict: "fine", message: "ssh -tt will have one" }
  : { subject: "terminals", verdict: "warning", message: missing, mend: "install script(1): bsdutils on Debian, util-linux elsewhere; without it only `ssh -tt` is refused" };
