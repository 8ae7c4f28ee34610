import { facts, makePlugin } from "../src/plugin.ts";

/** The plugin with numbers that are true of the test platform only, so that no case waits as long as on the real one. */
export default makePlugin({ ...facts, settleSeconds: 0.5, createTimeoutSeconds: 2, readyTimeoutSeconds: 20 }, 0.1);
