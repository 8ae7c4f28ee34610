import type { ConformanceCase } from "./conformance-case.ts";
import { createCases } from "./cases/create.ts";
import { listCases } from "./cases/list.ts";
import { terminateCases } from "./cases/terminate.ts";

/** Every case of the kit, in the order of the rules. */
export const allCases: readonly ConformanceCase[] = [...createCases, ...terminateCases, ...listCases];
