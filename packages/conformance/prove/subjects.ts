// What the proof of conformance runs on; add a line for a further subject.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { linkedProject } from "../../create-backend/test/fixtures/linked-project.ts";
import { addMinimalExample } from "../../create-backend/test/fixtures/minimal-example.ts";
import type { SubjectFactory } from "../src/index.ts";
import { kitSubject } from "../test/fixtures/kit-subject.ts";
import { localSubject } from "../test/fixtures/local-subject.ts";
import { memorySubject } from "../test/fixtures/memory-subject.ts";

/** A backend under test with what it stands on. */
export interface ProvenSubject {
  readonly name: string;
  /** How many cases side by side: the clock of memory is ours and takes the processor only. */
  readonly concurrency: number;
  /** Prepares the subject, hands its factory over, and takes away what was prepared. */
  readonly use: <T>(work: (factory: SubjectFactory) => Promise<T>) => Promise<T>;
}

const asItIs = (name: string, concurrency: number, factory: SubjectFactory): ProvenSubject => ({ name, concurrency, use: (work) => work(factory) });

/** The example of one file, on the test platform that a generated backend brings. */
const minimal: ProvenSubject = {
  name: "examples/backend-minimal",
  concurrency: 8,
  use: async (work) => {
    const project = linkedProject("acme");
    try {
      const path = addMinimalExample(project.path);
      // The template's own file, whose shape its types check.
      const module = await import(pathToFileURL(join(project.path, path)).href) as { readonly subject: SubjectFactory };
      return await work(module.subject);
    } finally {
      project.remove();
    }
  },
};

/** All subjects. */
export const provenSubjects: readonly ProvenSubject[] = [
  asItIs("memory", 1, memorySubject), asItIs("local", 6, localSubject), asItIs("machine kit", 8, () => kitSubject()), minimal,
];
