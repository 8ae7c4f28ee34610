export { createHetzner, default } from "./plugin.ts";
export type { HetznerOptions } from "./options.ts";
