import { conformance } from "../src/vitest.ts";
import { kitSubject } from "./fixtures/kit-subject.ts";

await conformance(() => kitSubject(), { concurrent: true, name: "the machine kit on its test platform" });
