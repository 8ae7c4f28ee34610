import type { MachineSpec } from "./machine.ts";

/** When all histories begin, in true time. */
export const startMs = 1_800_000_000_000;
/** The installation whose controller is simulated. */
export const owner = "sim";
/** Its provider. */
export const providerId = "provider";
/** Its ledger. */
export const ledgerId = "l-simulated";
/** The ledger that is taken over where a history does that. */
export const adoptedLedgerId = "l-adopted";

/** Whether a machine was made by the simulated ledger. */
export const isOwn = ({ spec }: { readonly spec: MachineSpec }): boolean => spec.owner === owner && spec.ledgerId === ledgerId;
