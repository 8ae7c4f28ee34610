import { abortCases } from "./cases/abort.ts";
import { capabilitiesCases } from "./cases/capabilities.ts";
import { createCases } from "./cases/create.ts";
import { deadlineCases } from "./cases/deadline.ts";
import { handleCases } from "./cases/handle.ts";
import { idempotenceCases } from "./cases/idempotence.ts";
import { listCases } from "./cases/list.ts";
import { outcomeCases } from "./cases/outcome.ts";
import { pluginCases } from "./cases/plugin.ts";
import { readinessCases } from "./cases/readiness.ts";
import { startCases } from "./cases/start.ts";
import { terminateCases } from "./cases/terminate.ts";
import { watchCases } from "./cases/watch.ts";
import type { ConformanceCase } from "./conformance-case.ts";

/** Every case of the kit: first what needs no machine, then in the order of the rules. */
export const allCases: readonly ConformanceCase[] = [
  ...pluginCases, ...capabilitiesCases, ...createCases, ...idempotenceCases, ...readinessCases, ...startCases, ...outcomeCases, ...abortCases,
  ...terminateCases, ...listCases, ...watchCases, ...deadlineCases, ...handleCases,
];
