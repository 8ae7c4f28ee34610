import { describe, expect, it } from "vitest";
import { decodeEnvelope, type Envelope } from "../../src/index.ts";
import { generateSshKeyPair } from "../../src/keys/index.ts";
import { caught } from "../fixtures/caught.ts";
import { fleetOf } from "../fixtures/fleets.ts";
import { digest, grantOf, sshPublicKey } from "../fixtures/grants.ts";
import { scripted } from "../fixtures/scripted-backend.ts";

const whole: Envelope = {
  requesterKey: "A".repeat(43), sshPublicKey, imageReference: `registry.example:5000/team/app@${digest}`, imageDigest: digest,
  command: ["sh", "-c", "echo \"ä\"\n", ""], environment: { PATH: "/bin", _x1: "" }, pullCredentials: { username: "user", password: "PASSWORD-CANARY" },
};

describe("an envelope", () => {
  it("comes back unchanged", () => {
    expect(decodeEnvelope(JSON.parse(JSON.stringify(whole)))).toEqual(whole);
    expect(decodeEnvelope({})).toEqual({});
  });

  it("loses the comment of its SSH key, which could name a person", () => {
    expect(decodeEnvelope({ sshPublicKey: `${sshPublicKey} somebody@somewhere` }).sshPublicKey).toBe(sshPublicKey);
  });

  it.each<[string, unknown, string[]]>([
    ["nothing", undefined, [""]],
    ["an unknown member", { name: "me" }, ["name"]],
    ["a requester key of another length", { requesterKey: "AAAA" }, ["requesterKey"]],
    ["an SSH key with options before it", { sshPublicKey: `command="rm -rf /" ${sshPublicKey}` }, ["sshPublicKey"]],
    ["two SSH keys", { sshPublicKey: `${sshPublicKey}\n${sshPublicKey}` }, ["sshPublicKey"]],
    ["a private key", { sshPublicKey: generateSshKeyPair().privateKey }, ["sshPublicKey"]],
    ["an SSH key whose type is another one's", { sshPublicKey: sshPublicKey.replace("ssh-ed25519 ", "ssh-rsa ") }, ["sshPublicKey"]],
    ["an SSH key with its end cut off", { sshPublicKey: sshPublicKey.slice(0, -4) }, ["sshPublicKey"]],
    ["an SSH key with something after it", { sshPublicKey: `${sshPublicKey}AAAA` }, ["sshPublicKey"]],
    ["an image by name only", { imageReference: "alpine", imageDigest: digest }, ["imageReference"]],
    ["an image by tag", { imageReference: "registry/alpine:3", imageDigest: digest }, ["imageReference"]],
    ["an image of another digest", { imageReference: `registry/alpine@sha256:${"b".repeat(64)}`, imageDigest: digest }, ["imageReference"]],
    ["a digest without an image", { imageDigest: digest }, ["imageReference"]],
    ["an image without a digest", { imageReference: `registry/alpine@${digest}` }, ["imageReference"]],
    ["an empty command", { command: [] }, ["command"]],
    ["a command that is a text", { command: "rm -rf" }, ["command"]],
    ["an argument with NUL", { command: ["a\0b"] }, ["command[0]"]],
    ["an environment name with =", { environment: { "A=B": "c" } }, ["environment.A=B"]],
    ["an environment value that is a number", { environment: { A: 1 } }, ["environment.A"]],
    ["credentials without a password", { pullCredentials: { username: "x" } }, ["pullCredentials.password"]],
  ])("that has %s is invalid_grant, with path", async (_what, value, paths) => {
    const { code, problems = [] } = await caught(() => decodeEnvelope(value));
    expect({ code, paths: problems.map(({ path }) => path) }).toEqual({ code: "invalid_grant", paths });
  });

  it("repeats no secret when it is refused", async () => {
    const error = await caught(() => decodeEnvelope({ ...whole, pullCredentials: { username: "u", password: 5 }, environment: { TOKEN: ["ENV-CANARY"] }, colour: 1 }));
    expect(error.problems).toHaveLength(3);
    expect(JSON.stringify(error) + error.message).not.toMatch(/CANARY/);
  });

  it("must name the grant's image, present or absent alike", async () => {
    const { imageReference, imageDigest } = whole;
    const image = { sshPublicKey, ...(imageReference && { imageReference }), ...(imageDigest && { imageDigest }) };
    const calls: string[] = [];
    const fleet = fleetOf([scripted("a", {}, { calls })]);
    const codes = [];
    for (const [claims, envelope] of [[{}, image], [{ imageDigest: digest }, { sshPublicKey }], [{ imageDigest: `sha256:${"b".repeat(64)}` }, image]] as const) {
      codes.push((await caught(() => fleet.provisionForGrant(grantOf({}, claims), envelope))).code);
    }
    expect({ codes, calls }).toEqual({ codes: ["image_mismatch", "image_mismatch", "image_mismatch"], calls: [] });
    expect((await fleet.provisionForGrant(grantOf({}, { imageDigest: digest }), image)).backend).toBe("a");
  });
});
