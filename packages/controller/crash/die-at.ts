import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Probe } from "@bridge/controller";

/** Where a process dies, by SIGKILL. */
export interface Death {
  /** One of `killPoints`: `commit:intend:before`. */
  readonly at: string;
  /** At the how manieth time it comes there. */
  readonly occurrence: number;
  /** Milliseconds to wait there first, in which a call that is under way goes on. */
  readonly afterMs: number;
  /** The platform that kills this process, once the request of the effect has arrived; then the process does not do it itself. */
  readonly trap?: string;
}

/** A probe that lets the process die. What has come to that point goes no further. */
export function dieAt({ at, occurrence, afterMs, trap }: Death): Probe {
  const times = new Map<string, number>();
  const isNth = (name: string) => {
    const seen = (times.get(name) ?? 0) + 1;
    times.set(name, seen);
    return seen === occurrence;
  };
  const [place, kind = "", moment] = at.split(":");
  return async (point) => {
    const name = `${point.at}:${point.kind}:${point.moment}`;
    // The trap is set before the request leaves, and springs when the call is known to be under way.
    if (trap !== undefined && name === `effect:${kind}:before` && isNth(name)) await tell(`${trap}/arm?effect=${kind}`);
    if (name !== at || !isNth(name)) return;
    writeSync(2, `dies at ${at}\n`);
    if (trap !== undefined) await tell(`${trap}/sent`);
    else {
      // Commits of one turn are written at its end: the second turn begins when they are durable.
      if (place === "commit" && moment === "sent") for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
      if (afterMs > 0) await sleep(afterMs);
      process.kill(process.pid, "SIGKILL");
    }
    await new Promise(() => {});
  };
}

async function tell(url: string): Promise<void> {
  const { ok, status } = await fetch(url, { method: "POST", signal: AbortSignal.timeout(5000) });
  if (!ok) throw new Error(`${url} answered ${status}`);
}
