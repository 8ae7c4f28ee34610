import type { GetConsoleOutputRequest, GetConsoleOutputResult } from "@aws-sdk/client-ec2";
import { action } from "../action.ts";
import { instanceWords, visibleInstance } from "./describe-instances.ts";
import { findById } from "./find-by-id.ts";

/** The console: what there is now with `Latest`, else what there was when the instance last changed its state. */
export const getConsoleOutput = action<GetConsoleOutputRequest, GetConsoleOutputResult>({
  understands: ["InstanceId", "Latest"],
  run: (call, { InstanceId = "", Latest = false }) => {
    const { cloud, nowMs } = call;
    const [instance] = findById([InstanceId], visibleInstance(call), instanceWords);
    const atMs = nowMs - cloud.settings.consoleLagSeconds * 1000;
    const changedAtMs = instance?.history.findLast((change) => change.atMs <= atMs)?.atMs ?? 0;
    const text = instance?.machine?.console.textAt(Latest ? atMs : Math.min(atMs, changedAtMs)) ?? "";
    return { InstanceId, Timestamp: new Date(nowMs), ...(text === "" ? {} : { Output: Buffer.from(text).toString("base64") }) };
  },
});
