import type { InstanceRef, ProvisionContext } from "@bridge/core/backend";
import type { MachineSpec } from "../platform.ts";
import type { MachineSetting } from "./setting.ts";

/** One attempt's creation. */
export interface Creation {
  readonly setting: MachineSetting;
  readonly spec: MachineSpec;
  readonly ref: InstanceRef;
  readonly context: Pick<ProvisionContext, "mayCreate" | "progress">;
  readonly signal: AbortSignal;
}
