import type { CallOptions } from "@bridge/core/backend";
/** A server type as the API answers it, as far as it is used here. `memory` and `disk` are in GB. */
export interface ApiServerType {
  readonly id: number; readonly name: string; readonly cores: number; readonly memory: number; readonly disk: number; readonly architecture: "x86" | "arm";
  readonly prices: readonly { readonly location: string; readonly price_hourly: { readonly gross: string } }[];
  readonly locations: readonly { readonly name: string; readonly available: boolean; readonly deprecation: object | null }[];
}

/** A server as the API answers it. `locked`: an action on it is still running. `created`: RFC 3339. */
export interface ApiServer {
  readonly id: number; readonly locked: boolean; readonly created: string; readonly location: { readonly name: string };
  readonly status: "initializing" | "starting" | "running" | "stopping" | "off" | "deleting" | "migrating" | "rebuilding" | "unknown";
  readonly server_type: ApiServerType; readonly labels: Readonly<Record<string, string>>; readonly public_net: { readonly ipv4: { readonly ip: string } | null };
}

/** What can be listed, by the name that it has in paths and answers. */
export interface Lists { servers: ApiServer; server_types: ApiServerType; images: { readonly id: number; readonly architecture: "x86" | "arm" } }
/** Body of the create request; `image` is an id. It names no SSH key, so nobody but Bridge gets in. */
export type CreateServer = Readonly<Record<"name" | "server_type" | "location" | "image" | "user_data", string>> & { readonly labels: ApiServer["labels"] };

/** The API has answered with an error; `code` is its own word, such as `uniqueness_error`. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;
  constructor(status: number, { code = `http_${status}`, message = "no explanation" } = {}, retryAfterSeconds?: number) {
    super(`Hetzner Cloud answered ${status} ${code}: ${message}`);
    [this.status, this.code, this.retryAfterSeconds] = [status, code, retryAfterSeconds];
  }
}

type Page<Item> = { readonly [kind: string]: readonly Item[] } & { readonly meta: { readonly pagination: { readonly next_page: number | null; readonly last_page: number | null } } };

/** The only file that talks to Hetzner Cloud: one function for each call that is made, no retries. */
export function hetznerApi({ endpoint, token }: { readonly endpoint: string; readonly token: string }) {
  /** Nothing is awaited before `fetch`, so that a create leaves in the step in which it is called. */
  async function send<Answer>(method: string, path: string, { signal }: CallOptions, body?: CreateServer): Promise<Answer> {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const response = await fetch(endpoint + path, { method, headers, ...(body && { body: JSON.stringify(body) }), ...(signal && { signal }) });
    // What is not JSON comes from a proxy in between; the parser's own error would show parts of it.
    const answer: unknown = await response.json().catch((error: unknown) => error instanceof SyntaxError ? undefined : Promise.reject(error));
    if (response.ok && answer !== undefined) return answer as Answer; // of the shape that the reference documents
    // The limit refills evenly over an hour, and RateLimit-Reset tells when it is full again; ten requests are free long before.
    const limitPerHour = response.status === 429 ? Number(response.headers.get("ratelimit-limit")) : 0;
    throw new ApiError(response.status, (answer as { error?: object } | undefined)?.error, limitPerHour > 0 ? Math.ceil(36_000 / limitPerHour) : undefined);
  }

  /**
   * Everything of a kind that the query matches, or an error. Pages are numbered, and what is deleted meanwhile moves the rest
   * towards the first page; so they are read from the last to the first, where a thing can be met twice but not missed.
   */
  async function all<Kind extends keyof Lists>(kind: Kind, query: Readonly<Record<string, string>>, call: CallOptions): Promise<readonly Lists[Kind][]> {
    const read = async (page: number) => {
      const { [kind]: items, meta } = await send<Partial<Page<Lists[Kind]>>>("GET", `/${kind}?${new URLSearchParams({ ...query, per_page: "50", page: String(page) }).toString()}`, call);
      const last = meta?.pagination.next_page === null ? page : meta?.pagination.last_page;
      if (items === undefined || typeof last !== "number") throw new ApiError(200, { code: "incomplete_list", message: "without things, or without the number of pages" });
      return { items, last };
    };
    const first = await read(1);
    if (first.last === 1) return first.items;
    const found = new Map<unknown, Lists[Kind]>();
    for (let page = first.last; page > 0; page -= 1) for (const item of (await read(page)).items) found.set(item.id, item);
    return [...found.values()];
  }
  return {
    all,
    /** The answer holds a root password, too; only the id leaves this function. */
    createServer: async (body: CreateServer, call: CallOptions) => (await send<{ server: { id: number } }>("POST", "/servers", call, body)).server.id,
    deleteServer: (id: string, call: CallOptions) => send("DELETE", `/servers/${id}`, call),
  };
}
