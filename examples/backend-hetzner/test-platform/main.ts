import { TestPlatform } from "./server.ts";

/** Runs the test platform until it is interrupted: `node test-platform/main.ts [port]`. */
const platform = new TestPlatform();
await platform.listen(Number(process.argv[2] ?? 8420));
console.log(`the test platform listens at ${platform.endpoint}, token ${platform.token}`);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void platform.close());
