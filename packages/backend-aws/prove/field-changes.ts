// Ways in which one field of a request can be wrong.

/** What is done to a field. */
export type Change = "drop" | "change" | "misspell";

type Path = readonly (string | number)[];

/** Words that are as good as the ones that are meant, for a platform. */
const others: Readonly<Record<string, string>> = {
  "required": "optional", "terminate": "stop", "gp3": "gp2", "enabled": "disabled", "spot": "capacity-block", "one-time": "persistent", "tcp": "udp", "availability-zone": "region",
  "instance": "volume", "volume": "network-interface", "network-interface": "instance", "security-group": "vpc", "t3.micro": "t3.small", "false": "true", "true": "false",
  "0.0.0.0/0": "10.0.0.0/8", "::/0": "fd00::/8", "eu-west-1a": "eu-west-1c", "eu-west-1b": "eu-west-1a", "/dev/sda1": "/dev/sdf", "/dev/xvda": "/dev/sdf",
};

const isContainer = (value: unknown): value is Record<string | number, unknown> => typeof value === "object" && value !== null && !(value instanceof Uint8Array) && !(value instanceof Date);

const isSent = (value: unknown): boolean => value !== undefined && !(Array.isArray(value) && value.length === 0);

/** All fields of a request, also those inside of others and the elements of lists; members without a value and empty lists are none: nothing of them is sent. */
export function fieldsOf(value: unknown, path: Path = []): readonly Path[] {
  if (!isContainer(value)) return [];
  const keys: readonly (string | number)[] = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  return keys.filter((key) => isSent(value[key])).flatMap((key) => [[...path, key], ...fieldsOf(value[key], [...path, key])]);
}

/** `TagSpecifications[0].Tags[1].Key` */
export const textOf = (path: Path): string => path.map((part, index) => (typeof part === "number" ? `[${part}]` : index === 0 ? part : `.${part}`)).join("");

/** What can be done to a field: elements of lists have no name that could be misspelt, and what holds others is changed with them. */
export function changesOf(input: object, path: Path): readonly Change[] {
  const isElement = typeof path.at(-1) === "number";
  return ["drop", ...(isContainer(valueAt(input, path)) ? [] : ["change" as const]), ...(isElement ? [] : ["misspell" as const])];
}

const valueAt = (input: unknown, path: Path): unknown => path.reduce<unknown>((value, part) => (isContainer(value) ? value[part] : undefined), input);

/** The input with one field dropped, changed or misspelt; undefined when it has no such field. */
export function changed(input: object, path: Path, change: Change): object | undefined {
  const [holderPath, last = ""] = [path.slice(0, -1), path.at(-1)];
  if (valueAt(input, path) === undefined) return undefined;
  const copy = structuredClone(input);
  const holder = valueAt(copy, holderPath);
  if (!isContainer(holder)) return undefined;
  const value = holder[last];
  if (change === "change") holder[last] = otherThan(value);
  else if (Array.isArray(holder)) holder.splice(Number(last), 1);
  else {
    delete holder[last];
    if (change === "misspell") holder[misspelt(String(last))] = value;
  }
  return copy;
}

const misspelt = (name: string): string => `${name.slice(0, -1)}${name.endsWith("x") ? "y" : "x"}`;

/** `i-0123456789abcdef0`: another of the same form. */
const isId = /^[a-z]+-[0-9a-f]{8,17}$/;

function otherThan(value: unknown): unknown {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value + 1;
  const text = String(value);
  // User data: no longer the text that was meant, and still base64.
  if (text.length > 1000) return Buffer.from(`${Buffer.from(text, "base64").toString("latin1").slice(0, -200)}\n`, "latin1").toString("base64");
  return others[text] ?? (isId.test(text) ? `${text.slice(0, -1)}${text.endsWith("0") ? "1" : "0"}` : `${text}x`);
}
