import { defineConfig } from "tsup";

/** node:sqlite has no name without its prefix, which tsup would take away. */
export default defineConfig({ entry: ["src/index.ts"], format: "esm", target: "node22", removeNodeProtocol: false, clean: true, silent: true });
