export { local, localPlugin, localPlugin as default } from "./plugin.ts";
export type { LocalOptions } from "./options.ts";
