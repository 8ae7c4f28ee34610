import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { Ec2Cloud, type Ec2Options } from "./cloud.ts";
import type { Ec2Control } from "./control.ts";
import { localControl } from "./local-control.ts";
import { receiveCall } from "./receive-call.ts";
import { controlPath, serveControl } from "./remote-control.ts";

/** A fake EC2 on loopback, with STS and Systems Manager on the same port. */
export class Ec2Server {
  readonly control: Ec2Control;
  readonly #cloud: Ec2Cloud;
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));
  #port = 0;

  constructor(options: Ec2Options = {}) {
    this.#cloud = new Ec2Cloud(options);
    this.control = localControl(this.#cloud);
  }

  /** `http://127.0.0.1:PORT`: the SDK's option `endpoint`. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Port on which all machines answer SSH, each at the loopback address that DescribeInstances tells. */
  get sshPort(): number {
    return this.#port;
  }

  /** Listens on a port of 127.0.0.1; 0: on a free one. */
  async listen(port = 0): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the server got no port");
    this.#port = address.port;
    // Nobody else has this port on 127.0.0.1, so that it is free on the other loopback addresses.
    this.#cloud.sshPort = address.port;
  }

  /** Ends server and machines. */
  async close(): Promise<void> {
    this.#cloud.close();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { clock, settings: { clockSkewSeconds } } = this.#cloud;
    try {
      const body = await text(request);
      if (request.url === controlPath) {
        const result = await serveControl(this.control, body);
        return void response.writeHead(result === undefined ? 404 : 200).end(result);
      }
      const reply = await receiveCall(this.#cloud, request.headers, body);
      if (reply.kind === "silence") return;
      if (reply.kind === "reset") return void request.socket.resetAndDestroy();
      const { status, requestId, contentType, body: answer } = reply.answer;
      response.writeHead(status, {
        "content-type": contentType, "content-length": Buffer.byteLength(answer), "date": new Date(clock.now() + clockSkewSeconds * 1000).toUTCString(), "x-amzn-requestid": requestId,
      });
      if (reply.brokenOff === true) response.write(answer.slice(0, answer.length / 2), () => request.socket.resetAndDestroy());
      else response.end(answer);
    } catch (error) {
      response.writeHead(500, { "content-type": "text/plain" }).end(String(error));
    }
  }
}
