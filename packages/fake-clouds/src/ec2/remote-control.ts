import { BridgeError } from "@bridge/core";
import type { Ec2Control } from "./control.ts";

/** Where a server takes the calls of {@link connectEc2Control}. */
export const controlPath = "/_control";

/** The control of a fake EC2 in another process, at its endpoint. Dates in calls come as text. */
export async function connectEc2Control(endpoint: string): Promise<Ec2Control> {
  const send = async <Result>(method: string, ...parameters: readonly unknown[]): Promise<Result> => {
    const response = await fetch(new URL(controlPath, endpoint), { method: "POST", body: JSON.stringify({ method, parameters }), signal: AbortSignal.timeout(30_000) });
    const text = await response.text();
    if (!response.ok) throw new BridgeError("internal", `the fake EC2 does not ${method}: ${text}`);
    // The other side is of the same version and answers what the local control does.
    return (text === "" ? undefined : JSON.parse(text)) as Result;
  };
  let aheadMs = await send<number>("now") - Date.now();
  return {
    now: () => Date.now() + aheadMs,
    advance: async (seconds) => {
      await send<void>("advance", seconds);
      aheadMs += seconds * 1000;
    },
    configure: (settings) => send("configure", settings),
    addFault: (fault) => send("addFault", fault),
    setMachineFaults: (counts) => send("setMachineFaults", counts),
    slowNextEnd: (seconds) => send("slowNextEnd", seconds),
    heal: () => send("heal"),
    books: () => send("books"),
    calls: () => send("calls"),
    violations: () => send("violations"),
    leaveRemnant: (kind, instanceId) => send("leaveRemnant", kind, instanceId),
    vanish: (instanceId) => send("vanish", instanceId),
    interrupt: (instanceId) => send("interrupt", instanceId),
    addSubnet: (subnet) => send("addSubnet", subnet),
  };
}

/** Does on the local control what {@link connectEc2Control} asks; undefined: there is no such method. */
export async function serveControl(control: Ec2Control, body: string): Promise<string | undefined> {
  const { method, parameters } = JSON.parse(body) as { method: string; parameters: readonly unknown[] }; // by connectEc2Control
  const run: unknown = Object.hasOwn(control, method) ? Reflect.get(control, method) : undefined;
  if (typeof run !== "function") return undefined;
  const result: unknown = await Reflect.apply(run, control, [...parameters]);
  return result === undefined ? "" : JSON.stringify(result);
}
