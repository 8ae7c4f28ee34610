import type { BridgeError } from "@bridge/core/backend";
import type { RawMachine } from "../platform.ts";
import { attemptKey } from "../poller/snapshot.ts";
import { monotonicMs, throwIfAborted } from "../wait.ts";
import type { Creation } from "./creation.ts";
import { machineOf, requireAdoptable } from "./find-machine.ts";
import { patientList } from "./patient-list.ts";
import type { MachineSetting } from "./setting.ts";
import { createUnthrottled } from "./throttled-create.ts";

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
    const { id, error, isSent } = await createUnthrottled(creation);
    if (id !== undefined) return id;
    if (!isSent || error.outcome === "none" || signal.aborted) throw error;
    const made = await findAfter(error, creation);
    if (made === undefined) throw error;
    return made.id;
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
