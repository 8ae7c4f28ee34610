// The process of `no-secret-in-the-ledger`: serves one grant on local with a ledger, and may kill itself on the way.
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { type ComputeGrant, type Envelope, type Log } from "@bridge/core";
import { local } from "@bridge/backend-local";
import { Controller } from "@bridge/controller";

/** All that it is told, in its first line of input: parameters are seen by everybody on the machine. */
export interface Order {
  readonly ledger: string;
  readonly stateDirectory: string;
  /** Where log lines and events go. */
  readonly logFile: string;
  readonly eventsFile: string;
  /** Base64. */
  readonly masterSecret: string;
  readonly grant: ComputeGrant;
  readonly envelope: Envelope;
  /** Kill point at which to die, as `commit:run:before`. */
  readonly kill?: string;
}

const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const order = JSON.parse(String((await input.next()).value)) as Order; // written by the proof
const write = (level: string) => (fields: object, message: string) => appendFileSync(order.logFile, `${JSON.stringify({ level, ...fields, message })}\n`);
const log: Log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
const controller = await Controller.open({
  owner: "prove", providerId: "prove", masterSecret: Buffer.from(order.masterSecret, "base64"), log, ledger: { file: order.ledger },
  backends: [local({ stateDirectory: order.stateDirectory, lingerSeconds: 0 })], settings: { sampleSeconds: 0.2 },
  probe: ({ at, kind, moment }) => {
    if (`${at}:${kind}:${moment}` === order.kill) process.kill(process.pid, "SIGKILL");
  },
});
void (async () => {
  for await (const event of controller.events()) appendFileSync(order.eventsFile, `${JSON.stringify(event)}\n`);
})();
await controller.start();
const { requestKey } = await controller.submitTrusted(order.grant, order.envelope);
const running = await controller.waitFor(requestKey, "running");
await controller.sweep();
appendFileSync(order.eventsFile, `${JSON.stringify([running, await controller.overview()])}\n`);
console.log(JSON.stringify({ requestKey, receipt: running.receipt }));
await input.next();
await controller.cancel(requestKey);
let status = await controller.waitFor(requestKey, "settled");
for (let i = 0; i < 300 && status.attempts.some(({ state }) => state !== "closed"); i++) {
  await new Promise((resolve) => void setTimeout(resolve, 50));
  status = await controller.status(requestKey);
}
appendFileSync(order.eventsFile, `${JSON.stringify([status, await controller.overview()])}\n`);
await controller.stop();
process.exit(0);
