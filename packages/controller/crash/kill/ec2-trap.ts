import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Ec2Control } from "@bridge/fake-clouds";

/** The call that each effect sends to EC2. */
const actionOf: Readonly<Record<string, string>> = {
  choose: "DescribeSubnets", provision: "RunInstances", watch: "DescribeInstances", measure: "DescribeInstances", terminate: "TerminateInstances", list: "DescribeInstances",
};
const [lookEveryMs, looks] = [20, 150];

/** Kills a client of a fake EC2 when a certain call has arrived: the call takes effect, and nobody hears its answer. */
export class Ec2Trap {
  kill: () => void = () => {};
  endpoint = "";
  readonly #control: Ec2Control;
  readonly #closed = new AbortController();
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  constructor(control: Ec2Control) {
    this.#control = control;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the trap got no port");
    this.endpoint = `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #serve({ url = "" }: IncomingMessage, response: ServerResponse): Promise<void> {
    const effect = /^\/arm\?effect=(\w+)$/.exec(url)?.[1];
    try {
      if (effect !== undefined) await this.#arm(actionOf[effect] ?? "");
      response.writeHead(204).end();
      if (effect === undefined) await this.#spring();
    } catch (error) {
      if (!response.headersSent) response.writeHead(500).end(String(error));
    }
  }

  /** The call that is waited for meets no other fault. */
  async #arm(action: string): Promise<void> {
    if (action === "RunInstances") await this.#control.heal();
    await this.#control.addFault({ action, effect: { kind: "hang", takesEffect: true } });
  }

  /** An effect that turns out to need no such call, as the end of a machine that has ended, is over by then; nobody has heard of that. */
  async #spring(): Promise<void> {
    for (let look = 0; look < looks && !(await this.#control.calls()).some(({ fault }) => fault === "hang"); look++) {
      await sleep(lookEveryMs, undefined, { signal: this.#closed.signal });
    }
    this.kill();
  }
}
