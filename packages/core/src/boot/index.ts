export type { BootBackend, BootConfig, BootSources } from "./boot-config.ts";
export type { Rates } from "../card/rates.ts";
export { bootConfigSchema } from "./boot-config-schema.ts";
export type { InstalledPlugin } from "./boot-config-schema.ts";
export { defaultBootConfigText } from "./default-boot-config-text.ts";
export type { DefaultBootConfig } from "./default-boot-config-text.ts";
export { loadBootConfig } from "./load-boot-config.ts";
export type { LoadOptions } from "./load-boot-config.ts";
export type { SecretReference } from "./secret-reference.ts";
