import { BridgeError, type Listing } from "@bridge/core";

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return error instanceof Error && "code" in error && error.code !== "ESRCH";
  }
}

/** @throws BridgeError `internal` unless the list is complete and empty and none of the processes runs. */
export function proveNothingLeft({ scopes, instances }: Listing, processIds: readonly number[]): void {
  const problems = [
    ...(scopes.length === 0 ? ["no scope was listed"] : []),
    ...scopes.filter(({ complete }) => !complete).map(({ scope }) => `the list of ${scope} is incomplete`),
    ...instances.map(({ kind, instanceId, state }) => `${kind} ${instanceId} is ${state}`),
    ...(processIds.length < 2 ? ["the instance did not say which processes it has"] : []),
    ...processIds.filter(isRunning).map((processId) => `process ${processId} runs`),
  ];
  if (problems.length > 0) throw new BridgeError("internal", `something is left: ${problems.join("; ")}`, { operation: "terminate" });
}
