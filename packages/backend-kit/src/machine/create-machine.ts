import { BridgeError, type InstanceRef, type ProvisionContext } from "@bridge/core/backend";
import type { MachineSpec, RawMachine } from "../platform.ts";
import { attemptKey } from "../poller/snapshot.ts";
import { abortable, monotonicMs, throwIfAborted, within } from "../wait.ts";
import { machineOf, requireAdoptable } from "./find-machine.ts";
import { patientList } from "./patient-list.ts";
import type { MachineSetting } from "./setting.ts";

/** One attempt's creation. */
interface Creation {
  readonly setting: MachineSetting;
  readonly spec: MachineSpec;
  readonly ref: InstanceRef;
  readonly context: Pick<ProvisionContext, "mayCreate" | "progress">;
  readonly signal: AbortSignal;
}

/**
 * Finds the machine of an attempt, or creates it; resolves to its id. Calls of this process for the same attempt take
 * turns. A signal that fires while a create is in flight is answered only when the create is over.
 */
export async function adoptOrCreate(creation: Creation): Promise<string> {
  const { setting, spec, signal } = creation;
  return setting.creates.alone(attemptKey(spec), signal, async () => {
    creation.context.progress("adopting");
    const found = await find(creation, { confirmSeconds: secondsToConfirmAbsence(setting) });
    if (found !== undefined) return found.id;
    creation.context.progress("creating");
    await abortable(setting.platform.beforeCreate?.(spec, { signal }) ?? Promise.resolve(), signal);
    const request = createRequest(creation);
    try {
      return await request.send();
    } catch (thrown) {
      const error = setting.mapError(thrown, "provision");
      if (request.sent() && error.outcome === "none") setting.creates.noteAnswered(attemptKey(spec));
      if (!request.sent() || error.outcome === "none" || signal.aborted) throw error;
      const made = await findAfter(error, creation);
      if (made === undefined) throw error;
      return made.id;
    }
  });
}

/**
 * After a create of which nobody knows what became, or of which the platform says that its machine is there: it was our
 * own, identical request, so what it made is adopted. A failing look changes nothing about the error.
 */
async function findAfter(error: BridgeError, creation: Creation): Promise<RawMachine | undefined> {
  try {
    return await find(creation, { waitSeconds: error.outcome === "exists" ? creation.setting.facts.settleSeconds : 0 });
  } catch (failure) {
    const found = creation.setting.mapError(failure, "provision");
    throwIfAborted(creation.signal);
    throw found.outcome === "exists" ? found : error;
  }
}

/** Where only a search recognises a repeated create, an earlier one may still be on its way or not be listed yet. */
function secondsToConfirmAbsence({ facts }: MachineSetting): number {
  return facts.idempotency === "search" ? facts.createTimeoutSeconds + facts.settleSeconds : 0;
}

/**
 * Looks for the attempt's machine in complete lists; those that fail are waited out for as long as a create may take.
 *
 * @param confirmSeconds absence counts only when lists over so many seconds agree
 * @param waitSeconds how long to look for something that should be there
 */
async function find({ setting, spec, ref, signal }: Creation, { confirmSeconds = 0, waitSeconds = confirmSeconds }: {
  readonly confirmSeconds?: number; readonly waitSeconds?: number;
}): Promise<RawMachine | undefined> {
  const poller = setting.poller(ref.scope);
  const untilMs = monotonicMs() + waitSeconds * 1000;
  for (let atOnce = true; ; atOnce = false) {
    const snapshot = await patientList(poller, { atOnce, patienceSeconds: setting.facts.createTimeoutSeconds, signal });
    const machine = machineOf(snapshot, ref);
    if (machine !== undefined) {
      requireAdoptable(machine, ref, spec.tags);
      return machine;
    }
    if (snapshot.startedMs >= untilMs) return undefined;
  }
}

/** The one create request. `sent` tells whether it left: an error of `mayCreate` is the caller's, not the platform's. */
function createRequest({ setting, spec, context, signal }: Creation): { readonly send: () => Promise<string>; readonly sent: () => boolean } {
  const { platform, facts, creates } = setting;
  let sent = false;
  const send = async () => {
    throwIfAborted(signal);
    const { id } = await within(facts.createTimeoutSeconds, "the create request", (settled) => {
      // Rule 1: nothing is awaited between these two.
      context.mayCreate();
      sent = true;
      creates.noteSent(attemptKey(spec));
      return platform.create(spec, { signal: settled });
    });
    creates.noteAnswered(attemptKey(spec));
    if (typeof id === "string" && id !== "") return id;
    throw new BridgeError("internal", "the platform's create resolved without an id", { outcome: "unknown" });
  };
  return { send, sent: () => sent };
}
