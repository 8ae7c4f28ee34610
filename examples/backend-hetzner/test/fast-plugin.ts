import { facts, makePlugin } from "../src/plugin.ts";
import { sshPort } from "../test-platform/machine.ts";

/** The plugin with numbers that are true of the test platform, and the port at which its machines answer. */
export default makePlugin({ ...facts, settleSeconds: 0.5, createTimeoutSeconds: 2, readyTimeoutSeconds: 10 }, 0.1, sshPort);
