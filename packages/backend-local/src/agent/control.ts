import { text } from "node:stream/consumers";
import type { Session } from "ssh2";
import type { Workload } from "./workload.ts";

const maxStartBytes = 4_194_304;

async function answer(command: string, input: NodeJS.ReadableStream, workload: Workload): Promise<string> {
  switch (command) {
    case "status": return JSON.stringify(workload.status());
    case "stop": return JSON.stringify(workload.stop());
    case "start": {
      const request = await text(input);
      if (request.length > maxStartBytes) throw new Error(`the start request has more than ${maxStartBytes} characters`);
      return JSON.stringify(workload.start(request));
    }
    default: throw new Error("only start, status and stop are possible here");
  }
}

/** A session of the control account: one verb, one line of JSON. No shell, no pty, no forwarding. */
export function serveControl(session: Session, workload: Workload): void {
  session.on("exec", (accept, _reject, { command }) => {
    const channel = accept();
    answer(command, channel, workload).then(
      (line) => {
        channel.write(`${line}\n`);
        channel.exit(0);
        channel.end();
      },
      (error: unknown) => {
        channel.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        channel.exit(1);
        channel.end();
      },
    );
  });
}
