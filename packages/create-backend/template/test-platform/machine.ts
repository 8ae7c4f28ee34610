import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { formatExitLine, type ControlStatus, type StartRequest } from "@bridge/backend-kit";
import { generateSshKeyPair } from "@bridge/core/keys";
import ssh2 from "ssh2";
import type { Faults } from "./faults.ts";
import { serveSsh } from "./ssh-connection.ts";
import { type BootInput, readUserData } from "./user-data.ts";

/**
 * A machine of this platform: a real SSH server on 127.0.0.1 with the host key of its user data, that speaks Bridge's control
 * protocol and runs the workload as a process. It powers itself off when the workload has ended.
 */
export class Machine {
  consoleText = "";
  /** How often the workload was started. */
  starts = 0;
  port = 0;
  status: ControlStatus;
  requesterKey: string | undefined;
  readonly boot: BootInput;
  readonly #faults: Faults;
  readonly #onPowerOff: () => void;
  readonly #sockets = new Set<Socket>();
  readonly #processes = new Set<ChildProcess>();
  readonly #server: Server;

  constructor(userData: string, { faults, onPowerOff }: { readonly faults: Faults; readonly onPowerOff: () => void }) {
    this.boot = readUserData(userData);
    this.status = { version: 1, state: "waiting", user: this.boot.user };
    this.#faults = faults;
    this.#onPowerOff = onPowerOff;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the machine got no port");
    this.port = address.port;
  }

  /** The verb `start`; false when it has been started before. */
  start(request: StartRequest): boolean {
    if (this.status.state !== "waiting") return false;
    this.starts += 1;
    this.requesterKey = request.sshPublicKey;
    this.status = { ...this.status, state: "running", startedAtMs: Date.now() };
    if (request.command !== undefined) void this.#work(request, request.command);
    return true;
  }

  /** Whether the answer of this start is to be lost. */
  losesStartAnswer(): boolean {
    return this.#faults.take("lostStartAnswers");
  }

  /** Runs a program on the machine, in a process group that ends with it. */
  run(program: string, parameters: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcess {
    const child = spawn(program, parameters, { detached: true, stdio: "pipe", env: { PATH: process.env["PATH"] ?? "", ...environment } });
    this.#processes.add(child);
    child.on("close", () => this.#processes.delete(child));
    return child;
  }

  /** The guest's own timer, which the user data arms; by the platform's clock. */
  checkDeadline(nowMs: number): void {
    if (nowMs >= this.boot.powerOffAtMs) this.#onPowerOff();
  }

  /** Pulls the plug. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    for (const { pid } of this.#processes) {
      try {
        if (pid !== undefined) process.kill(-pid, "SIGKILL");
      } catch {
        // It has just ended by itself.
      }
    }
  }

  async #work({ exitMac, environment }: StartRequest, [program = "", ...parameters]: readonly string[]): Promise<void> {
    const child = this.run(program, parameters, environment);
    child.stdout?.resume();
    child.stderr?.resume();
    const code = await new Promise<number>((resolve) => {
      child.on("error", () => resolve(127));
      child.on("close", (exitCode) => resolve(exitCode ?? 137));
    });
    this.status = { ...this.status, state: "exited", exitCode: code };
    this.consoleText += `${formatExitLine({ code }, this.boot, Buffer.from(exitMac, "base64"))}\n`;
    this.#onPowerOff();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    if (this.#faults.take("bannersOnly")) return void socket.write("SSH-2.0-OpenSSH_9.2p1\r\n");
    const hostKey = this.#faults.take("wrongHostKeys") ? generateSshKeyPair().privateKey : this.boot.hostPrivateKey;
    new ssh2.Server({ hostKeys: [hostKey] }, (connection) => serveSsh(connection, this)).injectSocket(socket);
  }
}
