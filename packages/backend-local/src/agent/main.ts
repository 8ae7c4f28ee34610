import { text } from "node:stream/consumers";
import { InstanceDirectory } from "../state/state-directory.ts";
import { agentSpecSchema } from "./agent-spec.ts";
import { runAgent } from "./agent.ts";

// The process that is the instance. It reads what it is on stdin; a maker that died half-way leaves JSON that does not parse.
process.on("SIGHUP", () => {});
const spec = agentSpecSchema.parse(JSON.parse(await text(process.stdin)));
await runAgent(spec, new InstanceDirectory(spec.directory, spec.id));
