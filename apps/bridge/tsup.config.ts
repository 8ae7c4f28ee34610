import { copyFile } from "node:fs/promises";
import { defineConfig, type Options } from "tsup";

type Plugin = NonNullable<Options["esbuildPlugins"]>[number];

/** commander imports node:child_process for subcommands that are programs of their own. We have none, and loading it takes 3 ms. */
const withoutChildProcess: Plugin = {
  name: "commander without child_process",
  setup(build) {
    build.onResolve({ filter: /^node:child_process$/ }, ({ importer, path }) => (/[\\/]commander[\\/]/.test(importer) ? { path, namespace: "absent" } : undefined));
    build.onLoad({ filter: /^/, namespace: "absent" }, () => ({ contents: "export default {};" }));
  },
};

/**
 * One CommonJS file with commander in it, so that `bridge --help` stays under 1.5 times `node -e 0`: it takes 1.35 times
 * that; as ES modules, with commander in files of its own, 1.6. Commands are lazy in it all the same.
 */
export default defineConfig({
  entry: ["src/main.ts"],
  format: "cjs",
  target: "node22",
  noExternal: ["commander"],
  esbuildPlugins: [withoutChildProcess],
  removeNodeProtocol: false,
  shims: true,
  clean: true,
  silent: true,
  // The demo's grant.
  onSuccess: () => copyFile("../../examples/grant.json", "dist/grant.json"),
});
