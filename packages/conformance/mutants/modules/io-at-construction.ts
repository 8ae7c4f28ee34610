/** Broken on purpose: constructing a backend opens a connection and reads the environment. */
import { connect } from "node:net";
import { memoryPlugin } from "@bridge/core/memory";

export default {
  ...memoryPlugin,
  create: (...parameters: Parameters<typeof memoryPlugin.create>) => {
    connect({ host: process.env["PLATFORM_HOST"] ?? "127.0.0.1", port: 9 }).on("error", () => {});
    return memoryPlugin.create(...parameters);
  },
};
