import { BridgeError } from "@bridge/core/backend";
import type { ControlStatus } from "../control-protocol.ts";

const states: readonly ControlStatus["state"][] = ["waiting", "running", "exited"];
const isCount = (value: unknown): value is number => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

/**
 * Reads what a verb printed; members that it does not know are ignored.
 *
 * @throws BridgeError `unavailable`: the machine answers, but not yet as the control channel does.
 */
export function parseControlStatus(printed: string): ControlStatus {
  const wrong = (why: string) => new BridgeError("unavailable", `the machine's control channel answered with something else than its status: ${why}`);
  let value: unknown;
  try {
    value = JSON.parse(printed);
  } catch {
    throw wrong("it is no JSON");
  }
  if (typeof value !== "object" || value === null) throw wrong("it is no object");
  const { version, state: word, user, startedAtMs, exitCode }: Record<string, unknown> = { ...value };
  const state = states.find((known) => known === word);
  if (version !== 1) throw wrong("its version is not 1");
  if (state === undefined) throw wrong(`its state is none of ${states.join(", ")}`);
  if (typeof user !== "string" || user === "") throw wrong("it names no user");
  return {
    version, state, user,
    ...(isCount(startedAtMs) ? { startedAtMs } : {}),
    ...(isCount(exitCode) ? { exitCode } : {}),
  };
}
