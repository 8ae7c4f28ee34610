import type { CallOptions, Finding } from "../backend/v1.ts";
import { toBridgeError } from "../errors/bridge-error.ts";
import { type ErrorCode, errorCodes } from "../errors/codes.ts";
import type { FleetMember } from "./members.ts";

/** What was found of one backend. */
export interface Diagnosis {
  readonly backend: string;
  readonly findings: readonly Finding[];
}

/** Deadlines are not enforced from a minute on; half of it is worth a word. */
const [noticeableSkewMs, intolerableSkewMs] = [30_000, 60_000];

const failed = (subject: string, thrown: unknown): Finding => {
  const { code, message }: { readonly code: ErrorCode; readonly message: string } = toBridgeError(thrown);
  return { subject, verdict: "failed", message: `${code}: ${message}`, mend: errorCodes[code].whatToDo };
};

/** Looks at one backend: what it offers, whether everything can be listed, the platform's clock, and what it finds itself. Never throws. */
export async function diagnoseMember({ backend }: FleetMember, options: CallOptions): Promise<Diagnosis> {
  const look = async (subject: string, ask: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> => {
    try {
      return await ask();
    } catch (thrown) {
      return [failed(subject, thrown)];
    }
  };
  const offer = await look("what is on offer", async () => {
    const { regions, maxCpuMillicores, maxRamMib } = await backend.capabilities(options);
    const message = `up to ${maxCpuMillicores} millicores and ${maxRamMib} MiB in ${regions.join(", ") || "no region"}`;
    return [regions.length > 0 ? { subject: "what is on offer", verdict: "fine", message } : { subject: "what is on offer", verdict: "failed", message, mend: "allow more regions or sizes in the options" }];
  });
  const scopes = await look("listing", async () => (await backend.list(options)).scopes.flatMap(({ scope, complete, error, clockSkewMs = 0 }): readonly Finding[] => [
    complete ? { subject: `listing of ${scope}`, verdict: "fine", message: "complete" } : failed(`listing of ${scope}`, error),
    ...clock(scope, clockSkewMs),
  ]));
  const own = await look("the backend's own diagnosis", async () => await backend.diagnose?.(options) ?? []);
  return { backend: backend.name, findings: [...offer, ...scopes, ...own] };
}

function clock(scope: string, skewMs: number): readonly Finding[] {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  if (Math.abs(skewMs) < noticeableSkewMs) return [];
  const verdict = Math.abs(skewMs) < intolerableSkewMs ? "warning" : "failed";
  const message = `this computer's clock is ${seconds} s ${skewMs > 0 ? "behind" : "ahead of"} the platform's`;
  return [{ subject: `clock of ${scope}`, verdict, message, mend: "let this computer's clock be set by NTP; no deadline is enforced from a minute's difference on" }];
}
