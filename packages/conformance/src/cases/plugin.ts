import { parseOptions } from "@bridge/core/backend";
import { claim, same } from "../claim.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { probeImport } from "../import-probe.ts";

/** Rule 10: what a plugin does, and does not, before it is used. */
export const pluginCases: readonly ConformanceCase[] = [
  {
    name: "import and construction do no I/O, read no environment, start no timer, load no SDK",
    rule: 10,
    why: "Every plugin that is installed is imported by commands that need none of them; --help must not ask a cloud.",
    needs: ["module"],
    run: async (session) => {
      const { findings, failure } = await probeImport({ url: session.subject.module?.url ?? "", options: session.subject.options });
      claim(failure === undefined, `the module cannot be loaded: ${failure}`);
      claim(findings.length === 0, `${findings.join("\n")}\nmove it into the first call that needs it`);
    },
  },
  {
    name: "a backend has the name of its entry",
    rule: 10,
    why: "Later calls are routed by the name in the ref; two entries of one plugin must not answer for each other.",
    run: async (session) => {
      same(session.freshBackend({ name: "another-entry" }).name, "another-entry", "name of a backend whose entry is called another-entry");
      same(session.backend.name, session.entry.name, "name of the backend");
    },
  },
  {
    name: "unknown options are refused",
    rule: 10,
    why: "A misspelt option is a setting that somebody believes in and nobody obeys.",
    run: async (session) => {
      const { plugin, options } = session.subject;
      parseOptions(plugin.optionsSchema, options, plugin.name);
      const result = await plugin.optionsSchema["~standard"].validate({ ...Object(options) as object, "bridge-unknown-option": 1 }); // any value as an object, to be spread
      claim(result.issues !== undefined, "optionsSchema lets the key bridge-unknown-option pass (zod: use z.strictObject)");
    },
  },
  {
    name: "options that are no object are refused, not crashed on",
    rule: 10,
    why: "The boot config is written by people; they get all problems in words, not a stack.",
    run: async (session) => {
      for (const nonsense of [undefined, 7, "text", [], null]) {
        const result = await session.subject.plugin.optionsSchema["~standard"].validate(nonsense);
        claim(result.issues !== undefined, `optionsSchema takes ${JSON.stringify(nonsense)} for options`);
      }
    },
  },
  {
    name: "close ends what still waits, succeeds twice, and leaves the machines alone",
    rule: 10,
    why: "Bridge stops and starts while machines run; a poller that goes on keeps the process, a close that terminates loses work.",
    run: async (session) => {
      const { backend } = session;
      if (backend.close === undefined) return;
      const { attempt, instance } = await session.machine();
      const watch = session.called(() => backend.watchUntilExit(instance, attempt.content.grant.validTo));
      claim(!await session.patience.settles(watch, 0.3), "the watch of a running machine has ended");
      await session.patience.within(backend.close(), session.seconds.prompt, "close()");
      await session.failure(session.patience.within(watch, session.seconds.prompt, "a watch of a closed backend"), "a watch of a closed backend");
      await session.patience.within(backend.close(), session.seconds.prompt, "close() again");
      await session.liveMachines(attempt, 1, session.freshBackend());
    },
  },
];
