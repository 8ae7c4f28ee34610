export { createAcme, default } from "./plugin.ts";
export type { AcmeOptions } from "./options.ts";
