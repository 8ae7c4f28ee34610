import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { TestPlatform } from "../../../create-backend/template/test-platform/server.ts";
import type { FirstAttempt } from "./site.ts";

/** The request that each effect sends to this platform. */
const requestOf: Readonly<Record<string, { readonly method: string; readonly path: RegExp }>> = {
  choose: { method: "GET", path: /^\/v1\/sizes/ },
  provision: { method: "POST", path: /^\/v1\/machines/ },
  watch: { method: "GET", path: /^\/v1\/machines\?/ },
  measure: { method: "GET", path: /^\/v1\/machines\?/ },
  terminate: { method: "DELETE", path: /^\/v1\/(machines|volumes)\// },
  list: { method: "GET", path: /^\/v1\/machines\?/ },
};

/** A create whose answer is lost takes effect so much later: within what the platform's facts say, after the client has looked. */
const lateMs = 1500;

/**
 * The HTTP platform with a door that we hold: it keeps books of what is deleted when, fails first attempts, and kills its
 * client when a certain request has arrived. That request takes effect all the same; nobody hears the answer.
 */
export class InstrumentedPlatform {
  readonly platform = new TestPlatform();
  /** When each machine was deleted, by id. */
  readonly deletedAtMs = new Map<string, number>();
  kill: () => void = () => {};
  endpoint = "";
  readonly #firstAttempt: FirstAttempt;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  #trap: { readonly effect: string; readonly sent: PromiseWithResolvers<void>; sprung: boolean } | undefined;

  constructor(firstAttempt: FirstAttempt) {
    this.#firstAttempt = firstAttempt;
  }

  async listen(): Promise<void> {
    await this.platform.listen();
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the platform got no port");
    this.endpoint = `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.kill = () => {};
    this.#trap?.sent.resolve();
    this.#server.closeAllConnections();
    this.#server.close();
    await this.platform.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "" } = request;
    const body = await text(request).catch(() => "");
    const control = /^\/-\/(arm|sent)(?:\?effect=(\w+))?$/.exec(url);
    if (control !== null) {
      if (control[1] === "arm") this.#trap = { effect: control[2] ?? "", sent: Promise.withResolvers(), sprung: false };
      else this.#trap?.sent.resolve();
      return void response.writeHead(204).end();
    }
    await this.#spring(method, url);
    const isFirst = method === "POST" && body.includes('"bridge-attempt":"1"');
    if (isFirst && this.#firstAttempt === "refused") return void response.writeHead(503).end('{"error":{"code":"no_capacity","message":"no capacity"}}');
    const isLost = isFirst && this.#firstAttempt === "unknown";
    if (isLost) {
      response.destroy();
      await sleep(lateMs);
    }
    const answer = await this.#forward(request, method, url, body);
    if (answer !== undefined && !isLost && !response.destroyed) response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.text);
  }

  /** A request that fits is held until the effect is known to be under way; then its sender dies. */
  async #spring(method: string, url: string): Promise<void> {
    const trap = this.#trap;
    const wanted = trap === undefined ? undefined : requestOf[trap.effect];
    if (trap === undefined || trap.sprung || wanted === undefined || method !== wanted.method || !wanted.path.test(url)) return;
    await trap.sent.promise;
    if (trap.sprung) return;
    trap.sprung = true;
    this.kill();
  }

  async #forward({ headers: { authorization = "" } }: IncomingMessage, method: string, url: string, body: string): Promise<{ readonly status: number; readonly text: string } | undefined> {
    try {
      const answer = await fetch(`${this.platform.endpoint}${url}`, { method, headers: { authorization }, ...(body === "" ? {} : { body }), signal: AbortSignal.timeout(10_000) });
      const deleted = method === "DELETE" && answer.ok ? /^\/v1\/machines\/(.+)$/.exec(url)?.[1] : undefined;
      if (deleted !== undefined) this.deletedAtMs.set(deleted, Date.now());
      return { status: answer.status, text: await answer.text() };
    } catch {
      return undefined; // the platform is closing
    }
  }
}
