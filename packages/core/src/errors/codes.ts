/** What an error code means, and what to do about it. */
export interface ErrorCodeEntry {
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** Status that the HTTP interface answers with. */
  readonly httpStatus: number;
  readonly meaning: string;
  readonly whatToDo: string;
}

const entry = (httpStatus: number, retryable: boolean, meaning: string, whatToDo: string): ErrorCodeEntry =>
  ({ httpStatus, retryable, meaning, whatToDo });

/** The closed table of error codes; `docs/errors.md` is this table, tested both ways. */
export const errorCodes = {
  invalid_config: entry(500, false, "The boot config is wrong.", "Mend what the listed paths name; `bridge check` shows all problems at once."),
  plugin_not_found: entry(500, false, "A backend plugin that the boot config names is not installed.", "Run the install command in the message."),
  contract_mismatch: entry(500, false, "A plugin is no plugin, or follows a contract that this Bridge does not know.", "Install a version of the plugin, or of Bridge, that fits."),
  no_backends: entry(500, false, "No backend is configured.", "List at least one backend in the boot config."),
  invalid_option: entry(500, false, "An option of a backend, of the Fleet or of a call is wrong.", "Mend what the listed paths name."),
  invalid_grant: entry(400, false, "The grant or its envelope is malformed.", "Mend what the listed paths name and issue the grant again."),
  grant_untrusted: entry(401, false, "The grant's signature or issuer is not trusted here.", "Have it signed by an issuer that this provider lists."),
  wrong_audience: entry(403, false, "The grant is for another provider.", "Submit it to the provider that it names."),
  grant_expired: entry(403, false, "The grant's `validTo` has passed.", "Ask the issuer for a new grant."),
  grant_not_yet_valid: entry(403, true, "The grant's `validFrom` lies in the future.", "Submit it again from then on."),
  grant_replayed: entry(409, false, "The request id was used before with another grant.", "Issue the grant with a new request id."),
  proof_invalid: entry(401, false, "The proof of the requester's key is missing, stale or wrong.", "Make a new proof with the key that the grant names."),
  envelope_unreadable: entry(400, false, "The sealed envelope cannot be opened.", "Seal it to this provider's current key."),
  image_mismatch: entry(400, false, "The envelope's image is not the one that the grant permits.", "Use the image that the grant names by digest."),
  limit_exceeded: entry(429, true, "A limit of the issuer or of the owner is used up.", "Wait until running grants end, or ask the operator for more."),
  payload_too_large: entry(413, false, "A request, or what was made of it, exceeds a size limit.", "Make it smaller; the message names the limit."),
  no_backend_can_satisfy: entry(409, false, "No configured backend can serve this grant.", "Read the refusals: each backend says what it lacks."),
  unknown_backend: entry(409, false, "The instance belongs to a backend that is not registered here.", "Put the backend back into the boot config under the name given."),
  wrong_scope: entry(409, false, "The instance belongs to an account, project or host that this backend does not hold.", "Use the credentials of the scope given."),
  unsupported: entry(400, false, "The backend cannot do this.", "Choose another backend, or ask for less."),
  unauthorized: entry(502, false, "The platform does not accept our credentials.", "Renew the credentials of the backend."),
  forbidden: entry(502, false, "The platform denies our credentials a permission.", "Grant the permission that the message names."),
  quota_exceeded: entry(503, false, "The platform's quota is used up.", "Raise the quota, or free some of it."),
  no_capacity: entry(503, true, "The platform has no machine of this size there now.", "Try again later, or allow more regions and sizes."),
  rate_limited: entry(503, true, "The platform asks us to call less often.", "Try again after the time given."),
  unavailable: entry(503, true, "The platform or a part of it does not answer as it should.", "Try again later."),
  timeout: entry(504, true, "Something did not happen in its time.", "Try again; terminate the attempt first if it may exist."),
  aborted: entry(499, true, "The caller ended the call.", "Call again if it was not meant."),
  lease_lost: entry(503, true, "This process may no longer create machines: another took over.", "Nothing: the process that took over goes on."),
  attempt_spent: entry(409, false, "The machine of this attempt has already ended.", "Use the next attempt number, or a new grant."),
  conflict: entry(409, false, "The same attempt or request exists with other arguments.", "Repeat it with the same arguments, or use a new attempt or request id."),
  not_found: entry(404, false, "There is no such thing.", "Check the name; `bridge list` shows what there is."),
  host_key_mismatch: entry(502, false, "The machine answers with another SSH host key than the one it was given.", "Do not connect; terminate the attempt and find out who answers at that address."),
  ledger_conflict: entry(409, false, "The ledger is held by another process or does not belong to this owner.", "Stop the other process, or use the ledger of this owner."),
  internal: entry(500, false, "Bridge itself failed.", "Report it with the message."),
} as const satisfies Record<string, ErrorCodeEntry>;

/** One of the codes of {@link errorCodes}. */
export type ErrorCode = keyof typeof errorCodes;
