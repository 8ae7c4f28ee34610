import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Enumerations, readEnumerations } from "./enumerations.ts";

/** The shape of a value, as the published description of a service says it. Without a type it is a string. */
export interface Shape {
  readonly type?: "structure" | "list" | "map" | "string" | "boolean" | "integer" | "long" | "float" | "double" | "timestamp" | "blob";
  /** Name of a shape that several places share. */
  readonly shape?: string;
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, Shape>>;
  readonly member?: Shape;
  readonly locationName?: string;
  readonly queryName?: string;
  /** Of outputs in the Query protocol. */
  readonly resultWrapper?: string;
}

interface Published {
  readonly metadata: { readonly apiVersion: string; readonly xmlNamespace?: string; readonly targetPrefix?: string };
  readonly operations: Readonly<Record<string, { readonly input?: Shape; readonly output?: Shape } | undefined>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** The root of a request or an answer: its shape, and the name of its type for the enumerations. */
export interface Root {
  readonly shape: Shape;
  readonly typeName: string | undefined;
}

/** What AWS publishes about a service: the API models and type declarations in its SDK for JavaScript, version 2. */
export class Description {
  readonly metadata: Published["metadata"];
  readonly enumerations: Enumerations;
  readonly #published: Published;
  readonly #resolved = new WeakMap<Shape, Shape>();

  constructor(model: string, client: string) {
    const require = createRequire(import.meta.url);
    const sdk = dirname(require.resolve("aws-sdk-2/package.json"));
    // Published by AWS, pinned by version.
    this.#published = JSON.parse(readFileSync(join(sdk, "apis", `${model}.min.json`), "utf8")) as Published;
    this.metadata = this.#published.metadata;
    this.enumerations = readEnumerations(readFileSync(join(sdk, "clients", `${client}.d.ts`), "utf8"));
  }

  has(action: string): boolean {
    return Object.hasOwn(this.#published.operations, action);
  }

  input(action: string): Root {
    return { shape: this.resolve(this.#published.operations[action]?.input ?? { type: "structure" }), typeName: this.enumerations.input(action) };
  }

  output(action: string): Root {
    return { shape: this.resolve(this.#published.operations[action]?.output ?? { type: "structure" }), typeName: this.enumerations.output(action) };
  }

  /** Follows the name of a shared shape; the place keeps its own names on the wire. */
  resolve(shape: Shape): Shape {
    if (shape.shape === undefined) return shape;
    let resolved = this.#resolved.get(shape);
    if (resolved === undefined) {
      const { shape: name, ...place } = shape;
      this.#resolved.set(shape, resolved = { ...this.#published.shapes[name], ...place });
    }
    return resolved;
  }
}
