import { readdirSync, readFileSync } from "node:fs";
import { identify, type ProcessIdentity, signalProcess } from "./identity.ts";

/** Environment variable that every process of an instance inherits; its value is the instance's id. */
export const instanceVariable = "BRIDGE_INSTANCE";

/**
 * The processes that carry an instance's mark, also those that left its process tree. Linux only; elsewhere the list is
 * empty and process groups must do. A process may hide by clearing its environment: this backend isolates nothing.
 */
export function membersOf(instanceId: string): readonly ProcessIdentity[] {
  if (process.platform !== "linux") return [];
  const mark = `${instanceVariable}=${instanceId}`;
  return readdirSync("/proc").flatMap((entry) => {
    const pid = Number(entry);
    if (!Number.isSafeInteger(pid)) return [];
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "latin1");
      return environment.split("\0").includes(mark) ? identify(pid) ?? [] : [];
    } catch {
      return []; // ended meanwhile, or of another user and therefore not ours
    }
  });
}

/** Ends every process of an instance but the one given, and says whether there was one. */
export function killMembers(instanceId: string, except?: number): boolean {
  const members = membersOf(instanceId).filter(({ pid }) => pid !== except);
  for (const member of members) signalProcess(member, "SIGKILL");
  return members.length > 0;
}
