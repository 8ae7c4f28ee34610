import { defineConfig } from "vitest/config";
import { ClosingLineReporter } from "./src/vitest/closing-line-reporter.ts";

/** One run over all packages. */
export default defineConfig({
  root: new URL("../..", import.meta.url).pathname,
  test: {
    include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "bench/test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/fixtures/**"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 15_000 } },
    passWithNoTests: false,
    reporters: [new ClosingLineReporter()],
  },
});
