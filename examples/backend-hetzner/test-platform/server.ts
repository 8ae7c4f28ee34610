import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { images, locations, serverTypes } from "./catalogue.ts";
import { Faults } from "./faults.ts";
import { Inventory, type ServerInput } from "./inventory.ts";
import { problems, queryProblems } from "./schema.ts";

/** Body of `POST /servers`, as far as it is read here. */
export interface CreateRequest {
  readonly name: string;
  readonly server_type: string;
  readonly image: string;
  readonly location?: string;
  readonly user_data?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ssh_keys?: readonly string[];
}

type Answer = { readonly status: number; readonly body: object };
const refusal = (status: number, code: string, details: object | null = null): Answer => ({ status, body: { error: { code, message: code.replaceAll("_", " "), details } } });
const invalid = (name: string, message: string): Answer => refusal(422, "invalid_input", { fields: [{ name, messages: [message] }] });

const labelName = /^([a-z0-9A-Z]([a-z0-9A-Z._-]{0,61}[a-z0-9A-Z])?)$/;
const hostName = /^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,61}[a-zA-Z0-9])?$/;
const limitPerHour = 3600;

/**
 * Hetzner Cloud for tests: the part of its HTTP API that servers need, on 127.0.0.1, with machines that answer SSH. Its clock
 * can be moved, its calls can be made to fail. Each request and each answer is checked against Hetzner's own description.
 */
export class TestPlatform {
  readonly token = "test-token";
  readonly faults = new Faults();
  readonly inventory = new Inventory(this.faults, () => this.now());
  /** Bodies of all create requests that arrived, also of those that were refused or lost. */
  readonly createRequests: CreateRequest[] = [];
  /** What was not as Hetzner describes it, of requests and of answers. */
  readonly violations: string[] = [];
  endpoint = "";
  #offsetMs = 0;
  /** The greatest number of things in one answer. */
  readonly #pageSize: number;
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));
  readonly #timer = setInterval(() => this.inventory.checkDeadlines(), 100);

  constructor({ pageSize = 50 }: { readonly pageSize?: number } = {}) {
    this.#pageSize = pageSize;
    this.#timer.unref();
  }

  now(): number {
    return Date.now() + this.#offsetMs;
  }

  advance(seconds: number): void {
    this.#offsetMs += seconds * 1000;
    this.inventory.checkDeadlines();
  }

  async listen(port = 0): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the platform got no port");
    this.endpoint = `http://127.0.0.1:${address.port}/v1`;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const held of this.inventory.servers.values()) this.inventory.remove(held);
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://platform");
    const [, , kind = "", id] = pathname.split("/");
    const operation = `${request.method} /${kind}${id === undefined ? "" : "/{id}"}`;
    const answer = await this.#answer(operation, request, searchParams, id, await text(request));
    if (answer === undefined) return void request.socket.destroy();
    this.violations.push(...problems(answer.status < 400 ? `answer of ${operation}` : "error", answer.body));
    const links = Object.entries({ prev: "previous_page", next: "next_page", last: "last_page" }).flatMap(([rel, member]) => {
      const page = (answer.body as { meta?: { pagination: Record<string, unknown> } }).meta?.pagination[member];
      return typeof page === "number" ? [`<${this.endpoint}/${kind}?page=${page}>; rel="${rel}"`] : [];
    });
    response.writeHead(answer.status, {
      "content-type": "application/json", "ratelimit-limit": limitPerHour, "ratelimit-remaining": answer.status === 429 ? 0 : limitPerHour - 1,
      "ratelimit-reset": Math.ceil(Date.now() / 1000) + (answer.status === 429 ? 3600 : 1), ...(links.length > 0 && { link: links.join(", ") }),
    });
    response.end(JSON.stringify(answer.body));
  }

  /** Undefined: the connection is cut. */
  async #answer(operation: string, { headers }: IncomingMessage, query: URLSearchParams, id: string | undefined, body: string): Promise<Answer | undefined> {
    if (headers.authorization !== `Bearer ${this.token}`) return refusal(401, "unauthorized");
    const wrong = queryProblems(operation, query);
    this.violations.push(...wrong);
    if (wrong.length > 0) return invalid("query", wrong.join("; "));
    switch (operation) {
      case "GET /servers": return this.#listServers(query);
      case "POST /servers": return this.#create(body);
      case "DELETE /servers/{id}": return this.#delete(Number(id));
      case "GET /server_types": return this.#page("server_types", serverTypes.filter(({ name }) => name === (query.get("name") ?? name)), query);
      case "GET /images": return this.#page("images", images.filter((image) => ["name", "type", "status", "architecture"].every((member) => !query.has(member) || query.getAll(member).includes(String(image[member as keyof typeof image])))
        && (image.deprecated === null || query.get("include_deprecated") === "true")), query);
      default: return refusal(404, "not_found");
    }
  }

  async #create(text: string): Promise<Answer | undefined> {
    const body = JSON.parse(text) as CreateRequest; // checked next
    this.createRequests.push(body);
    const wrong = problems("body of POST /servers", body);
    this.violations.push(...wrong);
    if (wrong.length > 0) return invalid("body", wrong.join("; "));
    const fault = this.faults.takeCreate();
    const make = () => this.#make(body);
    switch (fault?.kind) {
      case undefined: return make();
      case "refuse": return refusal(fault.status, fault.code);
      case "fail after":
        make();
        return refusal(fault.status, fault.code);
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

  #make({ name, server_type: typeName, image: imageName, location: locationName, labels = {}, user_data: userData = "", ssh_keys: sshKeys = [] }: CreateRequest): Answer {
    if (!hostName.test(name)) return invalid("name", "must be a valid hostname");
    if (Buffer.byteLength(userData) > 32_768) return invalid("user_data", "is too long");
    for (const [label, value] of Object.entries(labels)) if (!labelName.test(label) || !(value === "" || labelName.test(value))) return invalid("labels", "is not a legal label");
    const type = serverTypes.find((known) => known.name === typeName || String(known.id) === typeName);
    const image = images.find((known) => String(known.id) === imageName);
    const location = locations.find((known) => known.name === locationName || String(known.id) === locationName);
    if (type === undefined || image === undefined || location === undefined) return refusal(404, "not_found");
    const offer = type.locations.find((known) => known.name === location.name);
    if (image.architecture !== type.architecture || offer === undefined) return invalid("server_type", "does not fit image or location");
    if (!offer.available) return refusal(412, "resource_unavailable");
    const input: ServerInput = { name, type, location, image, labels, userData };
    const held = this.inventory.make(input);
    if (held === undefined) return refusal(409, "uniqueness_error", { fields: [{ name: "name" }] });
    return {
      status: 201,
      body: { server: held.answer(), action: this.inventory.action("create_server", held.id), next_actions: [this.inventory.action("start_server", held.id)], root_password: sshKeys.length > 0 ? null : "YItygq1v3GYjjMomLaKc" },
    };
  }

  #delete(id: number): Answer {
    const held = this.inventory.servers.get(id);
    if (held === undefined) return refusal(404, "not_found");
    if (this.faults.take("refusedDestroys") || held.locked) return refusal(423, "locked");
    if (held.status !== "deleting") this.inventory.delete(held, this.faults.takeSlowDestroy());
    return { status: 200, body: { action: this.inventory.action("delete_server", id) } };
  }

  #listServers(query: URLSearchParams): Answer {
    const page = Number(query.get("page") ?? 1);
    const selector = /^([^=!,() ]+)==?([^=!,() ]*)$/.exec(query.get("label_selector") ?? "");
    if (query.has("label_selector") && selector === null) return invalid("label_selector", "is not a selector that is known here");
    const matching = this.inventory.listed().filter(({ input }) => selector === null || input.labels[selector[1] ?? ""] === selector[2]);
    // On a later page, if there is one.
    if ((page > 1 || matching.length <= this.#pageSize) && this.faults.take("failedLists")) return refusal(500, "server_error");
    if (page === 1 && this.faults.take("emptyLists")) return this.#page("servers", [], query);
    const ordered = query.get("sort") === "id:asc" || query.get("sort") === "id" ? matching : matching.toReversed();
    return this.#page("servers", ordered.map((held) => held.answer()), query);
  }

  /** One page, by number. */
  #page(kind: string, all: readonly object[], query: URLSearchParams): Answer {
    const [page, perPage] = [Number(query.get("page") ?? 1), Math.min(Number(query.get("per_page") ?? 25), this.#pageSize)];
    const lastPage = Math.max(1, Math.ceil(all.length / perPage));
    const pagination = { page, per_page: perPage, previous_page: page > 1 ? page - 1 : null, next_page: page < lastPage ? page + 1 : null, last_page: lastPage, total_entries: all.length };
    return { status: 200, body: { [kind]: all.slice((page - 1) * perPage, page * perPage), meta: { pagination } } };
  }
}
