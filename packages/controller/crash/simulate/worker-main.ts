import { type ManyOptions, runMany } from "./many-histories.ts";

// Started by main.ts, which sends one message and gets one back.
process.once("message", (options: ManyOptions) => {
  void runMany(options).then((findings) => process.send?.(findings, () => process.disconnect()));
});
