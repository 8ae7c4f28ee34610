/** One measurement of `ec2.ts` in a process of its own: `nothing`, `import` or `use ENDPOINT`. Prints one line of JSON. */
import { registerHooks } from "node:module";

const [mode = "", options = ""] = process.argv.slice(2);
let sdkModules = 0;
registerHooks({
  load: (url, context, nextLoad) => {
    if (/@aws-sdk|@smithy/.test(url)) sdkModules += 1;
    return nextLoad(url, context);
  },
});
const { createAlmanac } = await import("@bridge/core");
await import("@bridge/backend-kit");
const startedMs = performance.now();
if (mode !== "nothing") {
  const { awsPlugin } = await import("@bridge/backend-aws");
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const services = { name: "aws", owner: "bench", ledgerId: "none", log: silent, now: Date.now, almanac: createAlmanac() };
  const parsed = await awsPlugin.optionsSchema["~standard"].validate(JSON.parse(options));
  if (parsed.issues !== undefined) throw new Error(JSON.stringify(parsed.issues));
  const backend = awsPlugin.create(parsed.value, services);
  if (mode === "use") {
    await backend.capabilities();
    await backend.list();
  }
}
const ms = performance.now() - startedMs;
console.log(JSON.stringify({ ms, rssMib: process.memoryUsage().rss / 1_048_576, sdkModules }));
process.exit(0);
