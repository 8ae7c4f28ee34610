import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { ExitReport } from "@bridge/backend-kit";
import { generateSshKeyPair } from "@bridge/core/keys";
import ssh2 from "ssh2";
import type { MovingClock } from "../moving-clock.ts";
import type { AuthorizedKey } from "./authorized-key.ts";
import { type BootInput, readBootInput } from "./boot-input.ts";
import { Console } from "./console.ts";
import { ControlVerbs, type VerbResult } from "./control-verbs.ts";
import { GuestProcesses } from "./guest-processes.ts";
import { forcedWords, machineFacts, powerOffAtMs } from "./guest-programs.ts";
import type { MachineFaults } from "./machine-faults.ts";
import { serveSsh, type SshHost } from "./ssh-connection.ts";

/** What a machine is made of. */
export interface MachineInput {
  /** Address on loopback, the machine's own, and port on which SSH answers. */
  readonly host: string;
  readonly port: number;
  readonly userData: Uint8Array;
  readonly clock: MovingClock;
  readonly faults: MachineFaults;
  /** Seconds from the exit line to the power-off; a real guest takes ten. */
  readonly powerOffSeconds: number;
  /** Counters of the exit line. */
  readonly meters: Omit<ExitReport, "code">;
  /** Whether the network in front of it lets SSH through now; what it does not let through is never answered. */
  readonly admits: () => boolean;
  /** The guest has powered itself off. */
  readonly onPowerOff: () => void;
}

/**
 * A machine: a real SSH server on loopback that knows what its user data told it and nothing else. It runs Bridge's control
 * protocol and the workload as a process, prints the exit line and powers itself off, also at its deadline.
 */
export class Machine implements SshHost {
  readonly console: Console;
  readonly processes = new GuestProcesses();
  /** Undefined: cloud-init could make nothing of the user data, or nothing of Bridge's was in it. */
  readonly control: ControlVerbs | undefined;
  readonly #input: MachineInput;
  readonly #boot: BootInput | undefined;
  readonly #hostKeys: readonly string[];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer((socket) => this.#accept(socket));
  readonly #off = Promise.withResolvers<void>();
  #takeBackDeadline: (() => void) | undefined;
  #isEnding = false;
  #on = true;

  constructor(input: MachineInput) {
    const { clock, userData, meters, powerOffSeconds } = input;
    this.#input = input;
    this.console = new Console(() => clock.now());
    try {
      this.#boot = readBootInput(userData);
    } catch (error) {
      this.console.write(`cloud-init: ${String(error)}\n`);
    }
    // sshd makes its own where none are given.
    this.#hostKeys = this.#boot?.hostKeys.length ? this.#boot.hostKeys : [generateSshKeyPair().privateKey];
    const facts = this.#boot === undefined ? undefined : machineFacts(this.#boot);
    this.control = facts === undefined ? undefined : new ControlVerbs({
      facts, clock, meters, processes: this.processes,
      onExit: (line) => {
        this.console.write(`\n${line}\n`);
        clock.after(powerOffSeconds, () => this.powerOff());
      },
    });
  }

  /** Boots: SSH answers, the deadline timer is armed. */
  async start(): Promise<void> {
    const { clock, host, port } = this.#input;
    this.#server.listen(port, host);
    await once(this.#server, "listening");
    if (!this.#on) return this.close();
    this.console.write("cloud-init: finished\n");
    const deadlineMs = this.#boot === undefined ? undefined : powerOffAtMs(this.#boot);
    if (deadlineMs !== undefined) this.#takeBackDeadline = clock.at(deadlineMs, () => this.#meetDeadline());
  }

  keysOf(user: string): readonly AuthorizedKey[] {
    const keys = this.#boot?.users.find(({ name }) => name === user)?.keys ?? [];
    const facts = this.#boot === undefined ? undefined : machineFacts(this.#boot);
    const publicKey = user === facts?.user ? this.control?.requesterKey : undefined;
    return publicKey === undefined ? keys : [...keys, { publicKey, restricted: false }];
  }

  runForced(user: string, forcedCommand: string, asked: string, input: string): VerbResult | undefined {
    const sudo = this.#boot?.users.find(({ name }) => name === user)?.sudo ?? "";
    const words = this.#boot === undefined ? "no such program" : forcedWords(this.#boot, { forcedCommand, asked, sudo });
    if (typeof words === "string") return { code: 1, complained: words };
    if (this.control === undefined) return { code: 1, complained: "machine.json is missing" };
    const result = this.control.run(words, input);
    return words[0] === "start" && result.code === 0 && this.#input.faults.take("lostStartAnswers") ? undefined : result;
  }

  /** Resolves when a machine that has met its deadline is off; at once for all others. */
  async settled(): Promise<void> {
    if (this.#isEnding) await this.#off.promise;
  }

  /** The guest powers itself off. */
  powerOff(): void {
    if (!this.#on) return;
    this.close();
    this.#input.onPowerOff();
  }

  /** Pulls the plug. */
  close(): void {
    this.#on = false;
    this.#off.resolve();
    this.#takeBackDeadline?.();
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    this.processes.killAll();
  }

  #meetDeadline(): void {
    this.#isEnding = true;
    this.console.write("systemd: End of the compute grant\n");
    if (this.control?.works === true) this.control.stopWorkload();
    else this.powerOff();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    const { faults, admits } = this.#input;
    if (!admits()) return;
    if (faults.take("bannersOnly")) return void socket.write("SSH-2.0-OpenSSH_9.2p1\r\n");
    const hostKeys = faults.take("wrongHostKeys") ? [generateSshKeyPair().privateKey] : [...this.#hostKeys];
    new ssh2.Server({ hostKeys }, (connection) => serveSsh(connection, this)).injectSocket(socket);
  }
}
