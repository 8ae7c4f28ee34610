import { type ManyOptions, runMany } from "./many-histories.ts";

// Started by main.ts, which sends one share of the work after the other.
process.on("message", (options: ManyOptions) => {
  void runMany(options).then((findings) => process.send?.(findings));
});
