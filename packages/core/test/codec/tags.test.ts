import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeTags, encodeTags, type TagContent } from "../../src/backend/index.ts";

const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/);
const content: fc.Arbitrary<TagContent> = fc.record({ owner: name, ledgerId: name, backend: name, requestKey: fc.stringMatching(/^[a-z2-7]{26}$/), attempt: fc.integer({ min: 1 }), deadlineMs: fc.integer({ min: 0, max: 8.64e15 }) });

describe("tags", () => {
  it("come back unchanged, also among those of others", () => {
    fc.assert(fc.property(content, (tags) => {
      expect(decodeTags({ Name: "x", ...encodeTags(tags) })).toEqual(tags);
    }));
  });

  it("have names and values that every cloud permits", () => {
    fc.assert(fc.property(content, (tags) => {
      for (const [key, value] of Object.entries(encodeTags(tags))) {
        // The strictest: GCE labels, https://cloud.google.com/compute/docs/labeling-resources#requirements
        expect(key).toMatch(/^[a-z][a-z0-9_-]{0,62}$/);
        expect(value).toMatch(/^[a-z0-9_-]{1,63}$/);
      }
    }));
  });

  it("of which one is missing, empty or damaged are nobody's", () => {
    const whole = encodeTags({ owner: "o", ledgerId: "l", backend: "b", requestKey: "k", attempt: 1, deadlineMs: 5 });
    for (const key of Object.keys(whole)) {
      const { [key]: _without, ...rest } = whole;
      expect(decodeTags(rest), key).toBeUndefined();
      expect(decodeTags({ ...whole, [key]: "" }), key).toBeUndefined();
    }
    for (const bad of ["0", "-1", "1.5", "one", " "]) expect(decodeTags({ ...whole, "bridge-attempt": bad }), bad).toBeUndefined();
    for (const bad of ["soon", "1e99", "-5", " "]) expect(decodeTags({ ...whole, "bridge-deadline-ms": bad }), bad).toBeUndefined();
  });
});
