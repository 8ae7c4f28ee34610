import type { Finding } from "../backend/v1.ts";
import { BridgeError, toBridgeError } from "../errors/bridge-error.ts";
import { type ErrorCode, errorCodes } from "../errors/codes.ts";
import { ask, checkedListing } from "./ask.ts";
import type { BoundedCallOptions } from "./fleet-options.ts";
import type { FleetMember } from "./members.ts";

/** What was found of one backend. */
export interface Diagnosis {
  readonly backend: string;
  readonly findings: readonly Finding[];
}

/** Deadlines are not enforced from a minute on, and a reaper does nothing from half of it on. */
const [noticeableSkewMs, intolerableSkewMs] = [30_000, 60_000];

const failed = (subject: string, thrown: unknown): Finding => {
  const { code, message }: { readonly code: ErrorCode; readonly message: string } = toBridgeError(thrown);
  return { subject, verdict: "failed", message: `${code}: ${message}`, mend: errorCodes[code].whatToDo };
};

/**
 * Looks at one backend: what it offers, whether everything can be listed, the platform's clock, and what it finds itself. Never
 * throws; what has not been answered in time is a finding.
 */
export async function diagnoseMember({ backend }: FleetMember, { signal, timeoutSeconds = 60 }: BoundedCallOptions): Promise<Diagnosis> {
  const look = async <T>(subject: string, call: Parameters<typeof ask<T>>[0], judge: (answer: T) => readonly Finding[]): Promise<readonly Finding[]> => {
    try {
      return judge(await ask(call, { signal, seconds: timeoutSeconds }));
    } catch (thrown) {
      return [failed(subject, thrown)];
    }
  };
  const offer = "what is on offer";
  const findings = await Promise.all([
    look(offer, (call) => backend.capabilities(call), ({ regions, maxCpuMillicores, maxRamMib }) => {
      const message = `up to ${maxCpuMillicores} millicores and ${maxRamMib} MiB in ${regions.join(", ") || "no region"}`;
      if (regions.length > 0 && maxCpuMillicores > 0 && maxRamMib > 0) return [{ subject: offer, verdict: "fine", message }];
      return [{ subject: offer, verdict: "failed", message, mend: "allow more regions or sizes in the options" }];
    }),
    look("listing", (call) => backend.list(call), (listing) => checkedListing(listing).scopes.flatMap(({ scope, complete, error, clockSkewMs = 0 }) => [
      complete ? { subject: `listing of ${scope}`, verdict: "fine" as const, message: "complete" } : failed(`listing of ${scope}`, error ?? new BridgeError("unavailable", "it is not complete")),
      ...clock(scope, clockSkewMs),
    ])),
    look("the backend's own diagnosis", async (call) => await backend.diagnose?.(call) ?? [], checkedFindings),
  ]);
  return { backend: backend.name, findings: findings.flat() };
}

function checkedFindings(answer: readonly Finding[]): readonly Finding[] {
  const value: unknown = answer;
  const isFinding = (each: unknown) => typeof each === "object" && each !== null && "subject" in each && "verdict" in each && "message" in each;
  if (Array.isArray(value) && value.every(isFinding)) return answer;
  throw new BridgeError("internal", "the backend answered with something that is no list of findings");
}

function clock(scope: string, skewMs: number): readonly Finding[] {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  if (Math.abs(skewMs) <= noticeableSkewMs) return [];
  const verdict = Math.abs(skewMs) <= intolerableSkewMs ? "warning" : "failed";
  const message = `this computer's clock is ${seconds} s ${skewMs > 0 ? "behind" : "ahead of"} the platform's`;
  return [{ subject: `clock of ${scope}`, verdict, message, mend: "let this computer's clock be set by NTP; a reaper ends nothing from 30 s on, and no deadline is enforced from a minute on" }];
}
