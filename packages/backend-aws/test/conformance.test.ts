import { conformance } from "@bridge/conformance/vitest";
import { awsSubject } from "./fixtures/subject.ts";

await conformance(() => awsSubject(), { name: "AWS on the fake EC2, with the real SDK" });
