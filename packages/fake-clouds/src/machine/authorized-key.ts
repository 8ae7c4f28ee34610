/** One line of an `authorized_keys` file. */
export interface AuthorizedKey {
  /** `ssh-ed25519 AAAA…` */
  readonly publicKey: string;
  /** What runs instead of what is asked for; `command="…"`. */
  readonly forcedCommand?: string;
  /** Neither terminal nor forwarding. */
  readonly restricted: boolean;
}

const keyTypes = /(?:^| )((?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+) [A-Za-z0-9+/=]+)/;

/** Reads one line as sshd(8) does, as far as options go that Bridge writes; undefined when there is no key in it. */
export function parseAuthorizedKey(line: string): AuthorizedKey | undefined {
  const [, publicKey] = keyTypes.exec(line) ?? [];
  if (publicKey === undefined) return undefined;
  const options = line.slice(0, line.indexOf(publicKey)).trim();
  const [, quoted] = /(?:^|,)command="((?:[^"\\]|\\.)*)"/.exec(options) ?? [];
  const restricted = /(?:^|,)restrict(?:,|$)/.test(options.replace(/"(?:[^"\\]|\\.)*"/g, '""'));
  return { publicKey, restricted, ...(quoted === undefined ? {} : { forcedCommand: quoted.replaceAll('\\"', '"') }) };
}
