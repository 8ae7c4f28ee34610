import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { decodeInstance, type ProvisionedInstance } from "@bridge/core";
import type { Attempt, AttemptContent } from "./attempt.ts";
import { claim } from "./claim.ts";
import type { Session } from "./session.ts";

/** Where a process dies: before the create is sent, right after, before the id or the readiness is written down. */
export type KillPoint = "mayCreate" | "creating" | "onCreated" | "onReady";

/** What the process is told, as JSON on its input. */
export interface ProcessOrder {
  readonly url: string;
  readonly options: unknown;
  readonly content: Omit<AttemptContent, "keys"> & { readonly keys: Omit<AttemptContent["keys"], "exitMac"> & { readonly exitMac: string } };
  readonly killAt?: KillPoint;
}

/** What the process answers, as JSON on its descriptor 3. */
export interface ProcessAnswer {
  /** By `encodeInstance`. */
  readonly instance?: string;
  readonly error?: string;
}

const isReal = ({ subject: { module } }: Session): boolean => module !== undefined && module.shared !== false;

function start(session: Session, attempt: Attempt, killAt?: KillPoint) {
  const { content } = attempt;
  const { host, control, requesterPublicKey, exitMac } = content.keys;
  const plain = ({ publicKey, privateKey }: typeof host) => ({ publicKey, privateKey });
  const order: ProcessOrder = {
    url: session.subject.module?.url ?? "", options: session.subject.options,
    content: { ...content, keys: { host: plain(host), control: plain(control), requesterPublicKey, exitMac: Buffer.from(exitMac).toString("base64") } },
    ...(killAt === undefined ? {} : { killAt }),
  };
  const program = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./second-process-main.ts" : "./second-process-main.js", import.meta.url));
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program], {
    stdio: ["pipe", "ignore", "pipe", "pipe"], timeout: session.seconds.provision * 1000, killSignal: "SIGKILL",
  });
  // It must not make a machine when the case is over and its attempts are being closed.
  const { signal } = session;
  const kill = () => void child.kill("SIGKILL");
  signal.addEventListener("abort", kill);
  child.once("exit", () => signal.removeEventListener("abort", kill));
  child.stdin?.on("error", () => {}); // a child that is killed early is seen by its end
  child.stdin?.end(JSON.stringify(order));
  return child;
}

/** Provisions an attempt in another process, which must succeed; without a module that processes share, by another backend in this one. */
export async function provisionElsewhere(session: Session, attempt: Attempt): Promise<ProvisionedInstance> {
  if (!isReal(session)) {
    session.notes.push("a second backend in this process stood for the second process: the subject names no module that processes can share");
    return session.provision(attempt, { backend: session.freshBackend() });
  }
  session.remember(attempt);
  const child = start(session, attempt);
  // Descriptor 3 is a pipe from the child by the stdio above.
  const [answer, complaints] = await Promise.all([text(child.stdio[3] as Readable), child.stderr === null ? "" : text(child.stderr)]);
  claim(answer !== "", `the second process ended without an answer: ${complaints.slice(-500)}`);
  const { instance, error } = JSON.parse(answer) as ProcessAnswer; // written by second-process-main.ts
  claim(instance !== undefined, `provision() in a second process failed: ${error}`);
  return decodeInstance(instance);
}

/** Begins to provision an attempt in a process that dies, by kill -9, at that point; without a shared module, in a backend that is left hanging there. */
export async function provisionAndDie(session: Session, attempt: Attempt, killAt: KillPoint): Promise<void> {
  if (isReal(session)) {
    session.remember(attempt);
    const child = start(session, attempt, killAt);
    const exited = once(child, "exit");
    const complaints = child.stderr === null ? "" : await text(child.stderr);
    const ended: readonly unknown[] = await exited;
    const signal = ended[1];
    claim(signal === "SIGKILL", `the process was to die at ${killAt}, but ended before it came there: ${complaints.slice(-500)}`);
    return;
  }
  session.notes.push(`no process was killed: a backend was left hanging at ${killAt}, as the subject names no module that processes can share`);
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  const hang = () => {
    resolve();
    return new Promise<never>(() => {});
  };
  const abandoned = session.provision(attempt, {
    backend: session.freshBackend(),
    mayCreate: () => {
      if (killAt === "creating") resolve();
      if (killAt !== "mayCreate") return;
      resolve();
      throw new Error("the process dies here");
    },
    ...(killAt === "onCreated" ? { onCreated: hang } : {}), ...(killAt === "onReady" ? { onReady: hang } : {}),
  });
  abandoned.catch(() => {});
  await session.patience.within(Promise.race([reached, abandoned.then(() => undefined, () => undefined)]), session.seconds.provision, `provision() up to ${killAt}`);
}
