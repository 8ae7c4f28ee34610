import { conformance } from "../src/vitest.ts";
import { memorySubject } from "./fixtures/memory-subject.ts";

await conformance(() => memorySubject());
