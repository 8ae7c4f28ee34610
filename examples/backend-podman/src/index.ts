export { createPodman, default } from "./plugin.ts";
export type { PodmanOptions } from "./options.ts";
