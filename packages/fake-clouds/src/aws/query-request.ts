import type { Description, Shape } from "./description.ts";

interface Node {
  text?: string;
  readonly children: Map<string, Node>;
}

type QueryDialect = "ec2" | "query";

/** Puts the dotted names of a form into a tree: `Filter.1.Value.2` is the 2 in the Value in the 1 in the Filter. */
function treeOf(form: URLSearchParams): Node {
  const top: Node = { children: new Map() };
  for (const [name, text] of form) {
    let node = top;
    for (const part of name.split(".")) {
      let child = node.children.get(part);
      if (child === undefined) node.children.set(part, child = { children: new Map() });
      node = child;
    }
    node.text = text;
  }
  return top;
}

/** Name of a member in a request; see the EC2 Query and the AWS Query protocol of Smithy. */
function wireName(dialect: QueryDialect, name: string, { queryName, locationName }: Shape): string {
  if (dialect === "query") return locationName ?? name;
  return queryName ?? (locationName === undefined ? name : locationName.charAt(0).toUpperCase() + locationName.slice(1));
}

/** The value that a text stands for; the text itself when it stands for none. */
function readScalar(text: string, type: Shape["type"]): unknown {
  if (type === "boolean" && /^(true|false)$/.test(text)) return text === "true";
  if ((type === "integer" || type === "long") && /^-?\d+$/.test(text)) return Number(text);
  if ((type === "float" || type === "double") && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (type === "timestamp" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text)) return new Date(text);
  return text;
}

/**
 * Reads the parameters of a form by the description of the action. What does not fit is kept as it came, so that a check of
 * the value names it.
 */
export function readQuery(description: Description, action: string, form: URLSearchParams, dialect: QueryDialect): Readonly<Record<string, unknown>> {
  const parameters = new URLSearchParams([...form].filter(([name]) => name !== "Action" && name !== "Version"));
  const { shape } = description.input(action);
  return readMembers(treeOf(parameters), shape);

  function readMembers(node: Node, { members = {} }: Shape): Readonly<Record<string, unknown>> {
    const names = new Map(Object.entries(members).map(([name, member]) => [wireName(dialect, name, member), name]));
    return Object.fromEntries([...node.children].map(([wire, child]) => {
      const name = names.get(wire);
      const member = name === undefined ? undefined : members[name];
      return name === undefined || member === undefined ? [wire, rawOf(child)] : [name, read(child, member)];
    }));
  }

  function read(node: Node, shape: Shape): unknown {
    const resolved = description.resolve(shape);
    if (resolved.type === "structure" && node.text === undefined) return readMembers(node, resolved);
    if (resolved.type === "list" && node.text === undefined) return readList(node, resolved);
    return node.children.size > 0 || node.text === undefined ? rawOf(node) : readScalar(node.text, resolved.type);
  }

  /** Counted from 1 without gaps. */
  function readList(node: Node, { member = {} }: Shape): unknown {
    const elements = Array.from({ length: node.children.size }, (_, index) => node.children.get(String(index + 1)));
    return elements.every((element) => element !== undefined) ? elements.map((element) => read(element, member)) : rawOf(node);
  }
}

function rawOf(node: Node): unknown {
  return node.children.size === 0 ? node.text : Object.fromEntries([...node.children].map(([name, child]) => [name, rawOf(child)]));
}
