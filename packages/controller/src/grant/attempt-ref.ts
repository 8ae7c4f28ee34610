import type { AttemptRecord, InstanceRef } from "@bridge/core";
import type { AttemptRow } from "../ledger/rows.ts";

/** The ref of an attempt, for calls to its backend. */
export const attemptRef = ({ backend, placement, requestKey, attempt, intentAtMs, instanceId }: AttemptRow): InstanceRef =>
  ({ backend, scope: placement.scope, placement, requestKey, attempt, intentAtMs, ...(instanceId === undefined ? {} : { instanceId }) });

/** The attempt as it was written down before the platform was called. */
export const attemptRecord = ({ attempt, backend, placement, requestKey, intentAtMs, deadlineMs, salt = "", keyVersion }: AttemptRow): AttemptRecord =>
  ({ attempt, backend, placement, requestKey, intentAtMs, deadlineMs, salt, keyVersion });
