import {
  BridgeError, type AttemptRecord, type ComputeGrant, type Envelope, type Fleet, type InstanceRef, type ProvisionedInstance, isBridgeError, refOf, toBridgeError,
} from "@bridge/core";
import type { Output } from "../output/output.ts";
import { closeAttempt, howToEnd } from "./close-attempt.ts";
import type { Interrupts } from "./interrupts.ts";
import { reportProgress } from "./report-progress.ts";
import type { Stopwatch } from "./stopwatch.ts";

/** What an instance is made of, and whom to tell. */
export interface InstanceTask {
  readonly fleet: Fleet;
  readonly grant: ComputeGrant;
  readonly envelope: Envelope;
  /** Lets Bridge derive the requester's key. */
  readonly makeRequesterKey: boolean;
  readonly interrupts: Interrupts;
  readonly output: Output;
  /** Told how long provision and terminate took. */
  readonly stopwatch: Stopwatch;
}

const refOfRecord = ({ backend, placement, requestKey, attempt, intentAtMs }: AttemptRecord): InstanceRef =>
  ({ backend, scope: placement.scope, placement, requestKey, attempt, intentAtMs });

/** Whether a failed provision left nothing that is this call's to end. A machine of an earlier call with other arguments is not. */
function isNotOurs(error: unknown): boolean {
  return isBridgeError(error) && (error.outcome === "none" || error.code === "conflict" || error.code === "attempt_spent");
}

/**
 * Makes an instance, uses it, and ends it, whatever happens in between: failure, interrupt, or a broken pipe.
 *
 * @throws what provision, `use` or terminate threw; where both failed, one error that says both.
 */
export async function withInstance<T>({ fleet, grant, envelope, makeRequesterKey, interrupts, output, stopwatch }: InstanceTask, use: (instance: ProvisionedInstance) => Promise<T>): Promise<T> {
  const held: { ref?: InstanceRef | undefined } = {};
  interrupts.onRepeat = () => output.note([{ text: `still ending it. ${held.ref === undefined ? "Nothing was made" : `If you kill this process, ${howToEnd(held.ref)}`}`, style: "yellow" }]);

  const provision = async (): Promise<ProvisionedInstance> => {
    try {
      const instance = await fleet.provisionForGrant(grant, envelope, {
        signal: interrupts.signal,
        makeRequesterKey,
        onAttempt: (record) => { held.ref = refOfRecord(record); },
        onCreated: (ref) => { held.ref = ref; },
        ...reportProgress(output),
      });
      held.ref = refOf(instance);
      return instance;
    } catch (error) {
      if (isNotOurs(error)) held.ref = undefined;
      throw error;
    }
  };

  const [used] = await Promise.allSettled([stopwatch.time("provision", provision).then(use)]);
  const { ref } = held;
  if (ref !== undefined) {
    await stopwatch.time("terminate", () => closeAttempt(fleet, ref, output)).catch((thrown: unknown) => {
      if (used.status === "fulfilled") throw thrown;
      const [first, second] = [toBridgeError(used.reason), toBridgeError(thrown)];
      throw new BridgeError(second.code, `${first.code}: ${first.message}\nand then: ${second.message}`, { operation: "terminate", ref, cause: new AggregateError([first, second]) });
    });
  }
  if (used.status === "rejected") throw used.reason;
  return used.value;
}
