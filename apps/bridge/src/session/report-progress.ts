import type { ProvisionOptions } from "@bridge/core";
import type { Output } from "../output/output.ts";

/** Tells a person, or a reader of JSON lines, how far a provision has come. */
export function reportProgress(output: Output): Pick<ProvisionOptions, "onProgress" | "onRouting"> {
  const started = performance.now();
  const elapsed = () => `${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s`;
  return {
    onProgress: (stage, { backend, attempt, requestKey, placement: { region, size } }) =>
      output.step({ event: "progress", stage, backend, attempt, requestKey, region, size }, `${elapsed()}  ${stage} on ${backend} (${region}, ${size}), attempt ${attempt}`),
    onRouting: (step) => {
      const { backend, verdict, reason, message } = step;
      if (verdict !== "served") output.step({ event: "routing", ...step }, `${elapsed()}  ${backend} ${verdict}: ${reason}${message === undefined ? "" : `: ${message}`}`);
      else output.step({ event: "routing", ...step }, [`${elapsed()}  `, { text: `served by ${backend}`, style: "green" }]);
    },
  };
}
