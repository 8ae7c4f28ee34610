import { BridgeError, type CallOptions, type InstanceRef } from "@bridge/core";
import { machineName } from "../machine.ts";
import { send } from "../network.ts";
import { look, type Seen } from "./look.ts";
import { facts, requireScope, type Setting, throwIfAborted } from "./setting.ts";

const pauseMs = 5000;

/**
 * The contract's `terminate`. A create that is under way has had its effect once `createTimeoutSeconds` have passed, and a
 * list shows that at the latest `settleSeconds` after: a complete list from then on that does not show it is proof.
 */
export async function terminate(setting: Setting, ref: InstanceRef, { signal }: CallOptions = {}): Promise<void> {
  const { life } = setting;
  const { clock, world: { checks, plant } } = life;
  throwIfAborted(signal);
  requireScope(setting, ref);
  if (life.isAlive) checks.terminating(ref);
  const sureFromMs = clock.monotonic() + (facts.createTimeoutSeconds + facts.settleSeconds) * 1000;
  for (;;) {
    const sentMs = clock.monotonic();
    const { isComplete, seen } = await look(setting, signal);
    const left = seen.filter(({ spec }) => spec.name === machineName(ref));
    for (const one of left) {
      if (one.kind === "machine" && one.state !== "ending") await destroy(setting, one, signal);
    }
    if (isComplete && left.length === 0 && (sentMs >= sureFromMs || plant === "one-not-found")) return;
    await clock.wait(left.length === 0 ? Math.max(pauseMs, sureFromMs - clock.monotonic()) : pauseMs, signal);
  }
}

async function destroy({ life }: Setting, { id }: Seen, signal: AbortSignal | undefined): Promise<void> {
  const { world: { platform, random, faults } } = life;
  await send(life, {
    name: `destroy ${id}`, signal, requestLost: "destroy request lost", answerLost: "destroy answer lost", hangs: "destroy hangs",
    refused: [["destroy refused", () => new BridgeError("unavailable", "the platform refuses to destroy now")]],
    arrive: () => {
      const machine = platform.machines.find((one) => one.id === id);
      if (machine !== undefined) platform.destroy(machine, faults.strikes("destroy slow") ? random.between(20_000, 120_000) : random.between(0, 2000), random.pick([0, 0, 5000]));
    },
  });
}
