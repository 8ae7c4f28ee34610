import { createMutants } from "./create.ts";
import { idempotenceMutants } from "./idempotence.ts";
import { listMutants } from "./list.ts";
import type { Mutant } from "./mutant.ts";
import { outcomeMutants } from "./outcome.ts";
import { pluginMutants } from "./plugin.ts";
import { readinessMutants } from "./readiness.ts";
import { terminateMutants } from "./terminate.ts";
import { watchMutants } from "./watch.ts";

/** Every backend that is broken on purpose. */
export const allMutants: readonly Mutant[] = [
  ...createMutants, ...idempotenceMutants, ...readinessMutants, ...outcomeMutants, ...terminateMutants, ...listMutants, ...watchMutants, ...pluginMutants,
];
