import { readdirSync, readFileSync } from "node:fs";
import { identify, type ProcessIdentity, signalProcess } from "./identity.ts";

/** Environment variable that every process of an instance inherits; its value is the instance's mark, made anew for each launch. */
export const instanceVariable = "BRIDGE_INSTANCE";

/**
 * The processes that carry an instance's mark, also those that left its process tree. Linux only; elsewhere the list is
 * empty and process groups must do. A process may hide by clearing its environment: this backend isolates nothing.
 */
export function membersOf(mark: string): readonly ProcessIdentity[] {
  if (process.platform !== "linux") return [];
  const entryOfMark = `${instanceVariable}=${mark}`;
  return readdirSync("/proc").flatMap((entry) => {
    const pid = Number(entry);
    if (!Number.isSafeInteger(pid)) return [];
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "latin1");
      return environment.split("\0").includes(entryOfMark) ? identify(pid) ?? [] : [];
    } catch {
      return []; // ended meanwhile, or of another user and therefore not ours
    }
  });
}

/** The process group of a process (proc(5), field 5 of stat); undefined when it has ended. */
function groupOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
  } catch {
    return undefined;
  }
}

/** Kills a group of an instance. Its groups are all made below its agent, which leads its own and is left out. */
function signalGroup(group: number | undefined): void {
  if (group === undefined || !(group > 1) || group === groupOf(process.pid)) return;
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // ended meanwhile
  }
}

/** Ends every process of an instance but the one given, and says whether there was one. */
export function killMembers(mark: string, except?: number): boolean {
  const members = membersOf(mark).filter(({ pid }) => pid !== except);
  for (const member of members) {
    // The whole group at once: a process that forks faster than it is found is still in it.
    signalGroup(groupOf(member.pid));
    signalProcess(member, "SIGKILL");
  }
  return members.length > 0;
}
