import { once } from "node:events";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { controlUser } from "@bridge/backend-kit";
import ssh2, { type AuthContext, type Connection } from "ssh2";
import { listenHost } from "../list-instance.ts";
import type { InstanceDirectory } from "../state/state-directory.ts";
import type { AgentSpec } from "./agent-spec.ts";
import { serveControl } from "./control.ts";
import { serveSession } from "./session.ts";
import type { Workload } from "./workload.ts";

/** Who has not logged in by then is let go. */
const loginTimeoutMs = 30_000;

/** Whether the client proves to hold the private half of `publicKey` (an OpenSSH line). */
function holdsKey(context: AuthContext, publicKey: string | undefined): boolean {
  if (context.method !== "publickey" || publicKey === undefined) return false;
  const allowed = ssh2.utils.parseKey(publicKey);
  if (allowed instanceof Error || !allowed.getPublicSSH().equals(context.key.data)) return false;
  // Without a signature the client only asks whether the key would do.
  return context.signature === undefined || (context.blob !== undefined && allowed.verify(context.blob, context.signature, context.hashAlgo) === true);
}

/**
 * The instance's SSH server. Two accounts: the control account with the control key, whose sessions may say `start`, `status`
 * and `stop`; and the user who runs this, with the requester's key from `start` on. Nothing else is accepted.
 */
export async function serveSsh(spec: AgentSpec, directory: InstanceDirectory, workload: Workload): Promise<{ readonly port: number; close(): void }> {
  const connections = new Set<Connection>();
  const user = userInfo().username;
  const server = new ssh2.Server({ hostKeys: [spec.hostPrivateKey], ident: "bridge-local" }, (connection) => {
    connections.add(connection);
    let account: string | undefined;
    connection.on("authentication", (context) => {
      const key = context.username === controlUser ? spec.controlPublicKey : context.username === user ? workload.requesterKey : undefined;
      if (!holdsKey(context, key)) return context.reject(["publickey"]);
      account = context.username;
      context.accept();
    });
    connection.on("session", (accept) => (account === controlUser ? serveControl(accept(), workload) : serveSession(accept(), directory, workload)));
    const late = setTimeout(() => connection.end(), loginTimeoutMs);
    connection.on("ready", () => clearTimeout(late));
    connection.on("error", () => {}); // a client that goes away is no concern of the others
    connection.on("close", () => {
      clearTimeout(late);
      connections.delete(connection);
    });
  });
  // Without delay: Nagle's algorithm costs an exec over SSH some 80 ms.
  const listener = createServer({ noDelay: true }, (socket) => server.injectSocket(socket));
  listener.listen(0, listenHost);
  await once(listener, "listening");
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("the SSH server does not listen on TCP");
  return {
    port: address.port,
    close: () => {
      listener.close();
      for (const connection of connections) connection.end();
    },
  };
}
