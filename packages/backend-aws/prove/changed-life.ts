// A life during which the backend's requests are not what it meant to send: as if launch-request.ts or api.ts were wrong.
import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { EC2Client } from "@aws-sdk/client-ec2";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { SSMClient } from "@aws-sdk/client-ssm";
import { STSClient } from "@aws-sdk/client-sts";
import { compareRequests } from "../test/fixtures/expected-requests.ts";
import { type LifeKind, liveOnce } from "../test/fixtures/life.ts";
import { readRequests } from "../test/fixtures/read-request.ts";

/** Sees, and may replace, the input of every command of one life. */
export type Meddle = (command: string, input: object) => object | undefined;

/** Who noticed that something was wrong. */
export interface Noticed {
  /** The published description of the request, or that the fake does nothing of the kind. */
  readonly description: readonly string[];
  /** The life itself: a refusal, or an end that is not as it should be. */
  readonly life: string | undefined;
  /** The assertion of what has to be on the wire. */
  readonly requests: readonly string[];
}

const longestLifeSeconds = 40;
const lives = new AsyncLocalStorage<{ readonly meddle: Meddle; over: boolean }>();

// Only the clients of the backend itself: the onlooker of a life is of a class of its own.
for (const client of [EC2Client, ServiceQuotasClient, SSMClient, STSClient]) {
  const sender: { send: unknown } = client.prototype;
  const original = client.prototype.send as (...parameters: unknown[]) => unknown; // one of its overloads
  sender.send = function send(this: object, ...parameters: unknown[]): unknown {
    const life = lives.getStore();
    const [command] = parameters;
    if (life === undefined || this.constructor !== client || typeof command !== "object" || command === null || !("input" in command)) return original.apply(this, parameters);
    if (life.over) return Promise.reject(new Error("the life is over"));
    const name = command.constructor.name.replace(/Command$/, "");
    // Every command has an input.
    const input = command.input as object;
    command.input = life.meddle(name, input) ?? input;
    return original.apply(this, parameters);
  };
}

/** Lives once with meddled requests, and gives who noticed. */
export async function liveMeddled(kind: LifeKind, meddle: Meddle): Promise<Noticed> {
  const life = { meddle, over: false };
  return lives.run(life, async () => {
    let description: readonly string[] = [];
    const ending = new AbortController();
    try {
      const lived = liveOnce(kind, (violations) => {
        description = violations;
      });
      lived.catch(() => {});
      const late = sleep(longestLifeSeconds * 1000, undefined, { signal: ending.signal }).then(() => {
        throw new Error(`the life takes more than ${longestLifeSeconds} s`);
      });
      late.catch(() => {});
      const result = await Promise.race([lived, late]);
      return { description, life: undefined, requests: compareRequests(kind, readRequests(result)) };
    } catch (error) {
      return { description, life: error instanceof Error ? error.message : String(error), requests: [] };
    } finally {
      life.over = true;
      ending.abort();
    }
  });
}
