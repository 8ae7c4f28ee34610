/** The platforms that this project has a backend for, in the order that `bridge init` writes. For texts only: no code depends on them. */
export const offeredPlatforms: readonly string[] = "aws gcp azure baremetal local".split(" ");

/** The package of a platform that this project has a backend for. */
export const packageOfPlatform = (platform: string): string => `@bridge/backend-${platform}`;
