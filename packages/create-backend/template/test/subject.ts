import type { Subject } from "@bridge/conformance";
import { controlsOf, stopListening } from "../test-platform/controls.ts";
import { TestPlatform } from "../test-platform/server.ts";
import plugin from "./fast-plugin.ts";

/** The plugin on a fresh test platform; made anew for every case. `npx bridge-conformance ./test/subject.ts` finds it by its name, and loads this module like a plugin: nothing here does I/O at import. */
export async function subject(): Promise<Subject> {
  const platform = new TestPlatform({ pageSize: 2 });
  await platform.listen();
  return {
    plugin,
    options: { endpoint: platform.endpoint, token: platform.token },
    module: { url: new URL("./fast-plugin.ts", import.meta.url).href },
    pageSize: 2,
    controls: controlsOf(platform),
    dispose: async () => {
      stopListening(platform);
      await platform.close();
    },
  };
}
export default plugin;
