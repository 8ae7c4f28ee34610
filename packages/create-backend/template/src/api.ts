/** A machine as the API answers it; members that we do not use are left out. */
export interface ApiMachine {
  readonly id: string;
  readonly region: string;
  readonly size: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `off`: it has powered itself off; it stays, and is billed, until it is deleted. */
  readonly status: "starting" | "running" | "off" | "deleting";
  readonly address?: string;
  readonly sshPort?: number;
  readonly createdAtMs: number;
  readonly offAtMs?: number;
}

/** A volume; it outlives the machine that it belongs to. */
export interface ApiVolume {
  readonly id: string;
  readonly region: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A machine size of the catalogue. */
export interface ApiSize {
  readonly name: string;
  readonly cpuMillicores: number;
  readonly ramMib: number;
  /** Of the disk that comes with it. */
  readonly storageGib: number;
  readonly pricePerHour: number;
  readonly regions: readonly string[];
}

/** Body of the create request. Names are unique: a second machine of the same name is refused with `name_taken`. */
export interface CreateMachine {
  readonly name: string;
  readonly region: string;
  readonly size: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Cloud-init user data. */
  readonly userData: string;
  /** The platform itself deletes the machine then. */
  readonly deleteAtMs: number;
}

/** The API has answered with an error. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** The API's own word: `name_taken`. */
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, code: string, message: string, retryAfterSeconds: number | undefined) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

type Call = { readonly signal?: AbortSignal };
type Request = Call & { readonly method?: string; readonly body?: unknown };

/** The only file that talks to the platform: one method for each call that we make, no retries. */
export class AcmeApi {
  readonly #endpoint: string;
  readonly #token: string;

  constructor({ endpoint, token }: { readonly endpoint: string; readonly token: string }) {
    this.#endpoint = endpoint.replace(/\/+$/, "");
    this.#token = token;
  }

  account = (call: Call) => this.#send<{ id: string }>("/v1/account", call);
  sizes = (call: Call) => this.#send<{ sizes: ApiSize[] }>("/v1/sizes", call);
  createMachine = (body: CreateMachine, call: Call) => this.#send<{ machine: ApiMachine }>("/v1/machines", { ...call, method: "POST", body });
  machines = (label: string, call: Call) => this.#all<ApiMachine>("machines", label, call);
  volumes = (label: string, call: Call) => this.#all<ApiVolume>("volumes", label, call);
  delete = (kind: "machines" | "volumes", id: string, call: Call) => this.#send(`/v1/${kind}/${encodeURIComponent(id)}`, { ...call, method: "DELETE" });
  console = (id: string, call: Call) => this.#send<{ text: string }>(`/v1/machines/${encodeURIComponent(id)}/console`, call);

  /** All pages; a page that fails makes the whole list fail. */
  async #all<Item>(kind: "machines" | "volumes", label: string, call: Call): Promise<readonly Item[]> {
    const items: Item[] = [];
    for (let after: string | undefined = ""; after !== undefined;) {
      const query = new URLSearchParams({ label, ...(after === "" ? {} : { after }) });
      const page: { items: Item[]; next?: string } = await this.#send(`/v1/${kind}?${query.toString()}`, call);
      items.push(...page.items);
      after = page.next;
    }
    return items;
  }

  /** Nothing is awaited before `fetch`, so that a create leaves in the step in which it is called. */
  async #send<Answer>(path: string, { method = "GET", body, signal }: Request): Promise<Answer> {
    const response = await fetch(`${this.#endpoint}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await response.text();
    const answer = parsed(text);
    if (!response.ok) throw apiError(response, answer);
    if (answer === undefined && text !== "") throw new ApiError(response.status, "not_json", "the API answered with something else than JSON", undefined);
    // The API's own answer, of the shape that its reference documents; what we do not use may change.
    return answer as Answer;
  }
}

/** Undefined: no JSON. The parser's own error is dropped, because it quotes the text, and an answer may hold a password. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function apiError({ status, headers }: Response, answer: unknown): ApiError {
  // Only if it means the next request that is free: a limit that is full again comes much later.
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  // A proxy in between may answer with something else than JSON, or with other JSON: then both members are absent.
  const { error = {} } = Object(answer) as { error?: { code?: string; message?: string } };
  return new ApiError(status, error.code ?? `http_${status}`, error.message ?? `the API answered with ${status}`, Number.isFinite(seconds) ? seconds : undefined);
}
