import { z } from "zod";

/** Options of the local backend, checked: an unknown key is refused. */
export const optionsSchema = z.strictObject({
  /** Folder of the instances' records. Default: `bridge/local` in the user's state folder. */
  stateDirectory: z.string().min(1).optional(),
  /** Label of the one region offered. */
  region: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/).max(64).default("local"),
  /** Largest grant taken, in thousandths of a core. Default: all cores of this machine. */
  maxCpuMillicores: z.int().positive().optional(),
  /** Largest grant taken, in MiB. Default: all memory of this machine. */
  maxRamMib: z.int().positive().optional(),
  /** How long an instance lives on after its workload has ended, in seconds. */
  lingerSeconds: z.number().min(0).max(3600).default(1),
});

/** What a person writes under `options`; every member may be left out. */
export type LocalOptions = z.input<typeof optionsSchema>;

/** The options with their defaults filled in. */
export type ParsedOptions = z.output<typeof optionsSchema>;
