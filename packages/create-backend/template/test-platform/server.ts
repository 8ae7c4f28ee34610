import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { Faults } from "./faults.ts";
import { Inventory } from "./inventory.ts";
import type { CreateBody, MachineAnswer, SizeAnswer, VolumeAnswer } from "./shapes.ts";

const sizes: readonly SizeAnswer[] = [
  { name: "small", cpuMillicores: 1000, ramMib: 1024, storageGib: 20, pricePerHour: 0.01, regions: ["north", "south"] },
  { name: "large", cpuMillicores: 4000, ramMib: 8192, storageGib: 80, pricePerHour: 0.05, regions: ["north"] },
];
type Answer = { readonly status: number; readonly body?: unknown };
const refusal = (status: number, code: string): Answer => ({ status, body: { error: { code, message: code.replaceAll("_", " ") } } });

/** The platform for tests: an HTTP API on 127.0.0.1 whose machines answer SSH. Its clock can be moved, its calls can be made to fail. */
export class TestPlatform {
  readonly token = "test-token";
  readonly faults = new Faults();
  readonly inventory = new Inventory(this.faults, () => this.now());
  /** Bodies of all create requests that were sent, also of those that were refused or lost. */
  readonly createRequests: CreateBody[] = [];
  endpoint = "";
  #offsetMs = 0;
  readonly #pageSize: number;
  readonly #project: string;
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));
  readonly #timer = setInterval(() => this.inventory.expire(), 100);

  /** `project` is the id of the one account. */
  constructor({ pageSize = 50, project = "project-1" }: { readonly pageSize?: number; readonly project?: string } = {}) {
    this.#pageSize = pageSize;
    this.#project = project;
    this.#timer.unref();
  }

  now(): number {
    return Date.now() + this.#offsetMs;
  }

  advance(seconds: number): void {
    this.#offsetMs += seconds * 1000;
    this.inventory.expire();
  }

  async listen(port = 0): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the platform got no port");
    this.endpoint = `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const id of this.inventory.machines.keys()) this.inventory.remove(id);
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#answer(request, await text(request));
    if (answer === undefined) return void request.socket.destroy();
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
  }

  /** Undefined: the connection is cut. */
  async #answer({ method, url = "", headers }: IncomingMessage, body: string): Promise<Answer | undefined> {
    const { pathname, searchParams } = new URL(url, "http://platform");
    const [, , kind = "", id, part] = pathname.split("/");
    if (headers.authorization !== `Bearer ${this.token}`) return refusal(401, "unauthorized");
    if (kind === "account") return { status: 200, body: { id: this.#project } };
    if (kind === "sizes") return { status: 200, body: { sizes } };
    if (kind !== "machines" && kind !== "volumes") return refusal(404, "not_found");
    if (method === "POST") return this.#create(JSON.parse(body) as CreateBody); // a test platform trusts its client
    if (method === "DELETE") return this.#delete(kind, id ?? "");
    if (part === "console") return { status: 200, body: { text: this.inventory.made.find(({ api }) => api.id === id)?.machine.consoleText ?? "" } };
    return this.#list(kind, searchParams);
  }

  async #create(body: CreateBody): Promise<Answer | undefined> {
    this.createRequests.push(body);
    const fault = this.faults.takeCreate();
    const make = (): Answer => {
      const machine = this.inventory.make(body);
      return machine === undefined ? refusal(409, "name_taken") : { status: 201, body: { machine } };
    };
    switch (fault?.kind) {
      case undefined: return make();
      case "refuse": return refusal(fault.status, fault.code);
      case "lose request": return undefined;
      case "lose answer":
        if (fault.afterSeconds === 0) make();
        else setTimeout(make, fault.afterSeconds * 1000).unref();
        return undefined;
      case "slow":
        await sleep(fault.seconds * 1000);
        return make();
    }
  }

  #delete(kind: "machines" | "volumes", id: string): Answer {
    if (!this.inventory[kind].has(id)) return refusal(404, "not_found");
    if (this.faults.take("refusedDestroys")) return refusal(423, "locked");
    if (kind === "volumes") this.inventory.volumes.delete(id);
    else this.inventory.remove(id, this.faults.takeSlowDestroy());
    return { status: 204 };
  }

  /** Pages by the last id seen, so that what is deleted meanwhile hides nothing. */
  #list(kind: "machines" | "volumes", query: URLSearchParams): Answer {
    const after = query.get("after") ?? "";
    if (kind === "machines" && this.faults.take("failedLists")) return refusal(500, "internal");
    if (kind === "machines" && after === "" && this.faults.take("emptyLists")) return { status: 200, body: { items: [] } };
    const [name = "", value] = (query.get("label") ?? "").split("=");
    const all: readonly (MachineAnswer | VolumeAnswer)[] = kind === "machines" ? [...this.inventory.machines.values()].map(({ api }) => api) : [...this.inventory.volumes.values()];
    const matching = all.filter(({ id, labels }) => id > after && labels[name] === value);
    const items = matching.slice(0, this.#pageSize);
    const last = items.at(-1);
    return { status: 200, body: { items, ...(last === undefined || matching.length === items.length ? {} : { next: last.id }) } };
  }
}
