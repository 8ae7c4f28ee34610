import { conformance } from "@bridge/conformance/vitest";
import { awsSubject } from "./fixtures/subject.ts";

// Most of a case is waiting, and each has a cloud of its own.
await conformance(() => awsSubject(), { name: "AWS on the fake EC2, with the real SDK", concurrent: true });
