import type { OptionsSchema } from "../backend/options-schema.ts";
import type { Capabilities } from "../backend/v1.ts";
import type { Architecture } from "../backend/words.ts";
import { boolean, type Decoder, integer, list, object, oneOf, text } from "../codec/decoder.ts";
import type { Problem } from "../errors/bridge-error.ts";

/** Options of the memory backend. An unknown key is refused. */
export interface MemoryOptions {
  /** Region labels on offer. Default `["memory"]`. */
  readonly regions?: readonly string[];
  /** Default false. */
  readonly tdxCapable?: boolean;
  /** MR_TD values, 96 lower-case hex digits each. Default: none. */
  readonly mrTd?: readonly string[];
  /** Largest machine, in thousandths of a core. Default 64,000. */
  readonly maxCpuMillicores?: number;
  /** Largest machine, in MiB. Default 262,144. */
  readonly maxRamMib?: number;
  /** Largest storage, in GiB. Default: not limited. */
  readonly maxStorageGib?: number;
  /** Default `["amd64"]`. */
  readonly architectures?: readonly Architecture[];
}

const decoder: Decoder<MemoryOptions> = object<MemoryOptions>({
  regions: { optional: list(text({ maxLength: 64, pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/, what: "a region label" })) },
  tdxCapable: { optional: boolean },
  mrTd: { optional: list(text({ pattern: /^[0-9a-f]{96}$/, what: "96 lower-case hex digits" })) },
  maxCpuMillicores: { optional: integer({ min: 1 }) },
  maxRamMib: { optional: integer({ min: 1 }) },
  maxStorageGib: { optional: integer() },
  architectures: { optional: list(oneOf("amd64", "arm64")) },
});

/** A Standard Schema by hand, as core depends on no schema library. */
export const memoryOptionsSchema: OptionsSchema<MemoryOptions> = {
  "~standard": {
    version: 1,
    vendor: "bridge",
    validate: (options) => {
      const problems: Problem[] = [];
      const value = decoder(options, "", problems);
      if (value !== undefined && problems.length === 0) return { value };
      return { issues: problems.map(({ path, message }) => ({ message, ...(path === "" ? {} : { path: [path] }) })) };
    },
  },
};

/** What the options offer. */
export function memoryCapabilities({ regions = ["memory"], tdxCapable = false, maxCpuMillicores = 64_000, maxRamMib = 262_144, ...rest }: MemoryOptions): Capabilities {
  return { regions, tdxCapable, maxCpuMillicores, maxRamMib, isolation: "vm", ...rest };
}
