import { defineConfig } from "vitest/config";

// Each case boots machines; more at once than this are slower together than one after the other on two cores.
export default defineConfig({ test: { maxConcurrency: 3 } });
