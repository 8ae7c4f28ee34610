/** The values that members may have, and the names of their types. */
export interface Enumerations {
  /** Type of an action's request, and of its answer. */
  input(action: string): string | undefined;
  output(action: string): string | undefined;
  memberType(typeName: string | undefined, member: string): string | undefined;
  elementType(typeName: string | undefined): string | undefined;
  /** Undefined: any text will do. */
  valuesOf(typeName: string | undefined): readonly string[] | undefined;
}

/** AWS adds instance types every month; the catalogue of a region says which there are. */
const openEnumerations: readonly string[] = ["InstanceType"];

/** Reads the type declarations of a client of the SDK, version 2: they hold the enumerations, which its API models leave out. */
export function readEnumerations(declarations: string): Enumerations {
  const members = new Map<string, Map<string, string>>();
  const elements = new Map<string, string>();
  const values = new Map<string, readonly string[]>();
  const operations = new Map<string, { readonly input: string; readonly output: string | undefined }>();
  let current = new Map<string, string>();
  for (const line of declarations.split("\n")) {
    const [, opened] = /^ {2}export interface (\w+) \{/.exec(line) ?? [];
    const [, alias, aliased = ""] = /^ {2}export type (\w+) = (.*);$/.exec(line) ?? [];
    const [, member, memberType] = /^ {4}(\w+)\??: (\w+);$/.exec(line) ?? [];
    const [, operation, input, output] = /^ {2}(\w+)\(params: \w+\.Types\.(\w+), callback\?: \(err: AWSError, data: (?:\w+\.Types\.(\w+)|\{\})\)/.exec(line) ?? [];
    if (opened !== undefined) members.set(opened, current = new Map<string, string>());
    else if (member !== undefined && memberType !== undefined) current.set(member, memberType);
    else if (alias !== undefined && aliased.endsWith("[]")) elements.set(alias, aliased.slice(0, -2));
    else if (alias !== undefined && aliased.startsWith('"')) values.set(alias, aliased.split("|").filter((value) => value.startsWith('"')).map((value) => value.slice(1, -1)));
    else if (operation !== undefined && input !== undefined) operations.set(operation.toLowerCase(), { input, output });
  }
  return {
    input: (action) => operations.get(action.toLowerCase())?.input,
    output: (action) => operations.get(action.toLowerCase())?.output,
    memberType: (typeName, member) => members.get(typeName ?? "")?.get(member),
    elementType: (typeName) => elements.get(typeName ?? ""),
    valuesOf: (typeName) => (typeName === undefined || openEnumerations.includes(typeName) ? undefined : values.get(typeName)),
  };
}
