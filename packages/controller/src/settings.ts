import type { Problem } from "@bridge/core";

/** Numbers that an operator may change; each has a default that suits a platform of minutes and machines of hours. */
export interface ControllerSettings {
  /** At most so many attempts for one grant. Default 3. */
  readonly maxAttempts: number;
  /** How long a grant may wait for a backend that is down or full for the moment, from its admission. Default 300. */
  readonly placementWaitSeconds: number;
  /** Provisions at once; further grants wait. Default 64. */
  readonly provisionsAtOnce: number;
  /** How often a reading of usage is written down. Default 60. */
  readonly sampleSeconds: number;
  /** From one sweep over all platforms to the next. Default 60. */
  readonly sweepSeconds: number;
  /** At most so many stray machines are ended in one sweep. Default 10. */
  readonly endedPerSweep: number;
  /** A watch that has not said so itself by then is ended by the deadline. Default 30. */
  readonly deadlineGraceSeconds: number;
  /** A tag's deadline must have passed for so long before a machine is ended for it alone. Default 120. */
  readonly expiredTagSeconds: number;
  /** How long stopping waits for what is under way. Default 10. */
  readonly stopSeconds: number;
}

/** The defaults. */
export const defaultSettings: ControllerSettings = {
  maxAttempts: 3, placementWaitSeconds: 300, provisionsAtOnce: 64, sampleSeconds: 60, sweepSeconds: 60, endedPerSweep: 10,
  deadlineGraceSeconds: 30, expiredTagSeconds: 120, stopSeconds: 10,
};

/** Settings that are no positive numbers, or not known. */
export function settingProblems(settings: Partial<ControllerSettings>): readonly Problem[] {
  return Object.entries(settings).flatMap(([key, value]) => {
    const path = `settings.${key}`;
    if (!Object.hasOwn(defaultSettings, key)) return [{ path, message: `is not known here; known are ${Object.keys(defaultSettings).join(", ")}` }];
    return typeof value === "number" && value > 0 ? [] : [{ path, message: "must be a positive number" }];
  });
}
