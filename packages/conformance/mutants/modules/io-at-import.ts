/** Broken on purpose: its import reads files, the environment and starts a timer. */
import { readdirSync } from "node:fs";
import { memoryPlugin } from "@bridge/core/memory";

readdirSync(".");
void process.env["HOME"];
setInterval(() => {}, 60_000);

export default memoryPlugin;
