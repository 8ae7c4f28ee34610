import { parseArgs } from "node:util";
import { Ec2Server } from "./ec2/ec2-server.ts";

/**
 * Runs a fake EC2 as a process of its own until it is interrupted or, with `--with-parent`, its standard input ends:
 * `node src/main.ts --port 0`. The first line that it prints is JSON: `{ "endpoint": …, "sshPort": … }`.
 */
const { values } = parseArgs({ options: { "port": { type: "string", default: "0" }, "with-parent": { type: "boolean", default: false } } });
const server = new Ec2Server();
await server.listen(Number(values.port));
console.log(JSON.stringify({ endpoint: server.endpoint, sshPort: server.sshPort }));
const end = () => void server.close();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
if (values["with-parent"]) process.stdin.on("end", end).resume();
