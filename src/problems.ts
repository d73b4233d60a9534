/**
 * The catalogue of everything that can be refused or fail: stable code, HTTP status, title, what to do, how a run of the
 * command line ends, whether to try again, and whether the operator is told. Replies are problem documents (RFC 9457).
 * A retired code stays listed and is never used for something else. Long because it is one list.
 */

/** What is the same for every kind of refusal or failure, wherever it happens. */
export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  readonly remedy: string;
  /** How a run of the command line ends: a name of the exit codes in `src/cli/exit.ts`. */
  readonly exit: 'no' | 'failed' | 'usage' | 'unavailable';
  /**
   * Whether a program may try again by itself. `never`: the answer would be the same. `later`: with a new request.
   * `same-key`: with the same request under the same idempotency key, whether or not the first one was recorded.
   */
  readonly retry: 'never' | 'later' | 'same-key';
  /** The level in the log of the operator; `none` where only whoever asked needs to know. */
  readonly log: 'error' | 'none';
}

const usual = { exit: 'no', retry: 'never', log: 'none' } as const;

/** What a kind does not say is as usual. */
const kinds = {
  malformed_json: { status: 400, title: 'The body is not valid JSON', remedy: 'Send well-formed JSON (RFC 8259).' },
  invalid_utf8: { status: 400, title: 'The body is not valid UTF-8', remedy: 'Encode the body as UTF-8.' },
  invalid_field: {
    status: 422,
    title: 'A field has a value that cannot be accepted',
    remedy: 'Correct the field that `errors` names.',
    exit: 'usage',
  },
  unknown_type: {
    status: 422,
    title: 'The type is not in the catalogue, or cannot be sent from outside',
    remedy: 'Use a type listed under `events` in the reference.',
    exit: 'usage',
  },
  unknown_version: {
    status: 422,
    title: 'The version of this type is not known',
    remedy: 'Send a version that this server knows, or upgrade the server.',
  },
  occurred_in_future: {
    status: 422,
    title: '`occurred_at` lies too far in the future',
    remedy: 'Set the clock of the client; up to 5 minutes ahead is accepted.',
  },
  key_reused: {
    status: 422,
    title: 'This idempotency key was used for another request',
    remedy: 'Use a new key for a new request; resend a request unchanged under its old key.',
  },
  agent_unknown: {
    status: 403,
    title: 'No identity of this name is registered',
    remedy: 'Register it first (`resource-share identities add NAME`).',
  },
  identity_unknown: {
    status: 404,
    title: 'No identity of this name',
    remedy: 'List the identities, check the spelling.',
  },
  identity_exists: { status: 409, title: 'An identity of this name exists', remedy: 'Change it instead of adding it.' },
  name_taken: {
    status: 409,
    title: 'The name belongs to another identity',
    remedy: 'Merge the two identities if they are one agent.',
  },
  merge_into_itself: { status: 409, title: 'An identity cannot be merged into itself', remedy: 'Name two identities.' },
  merge_without_share: {
    status: 409,
    title: 'The identity to merge into has no share',
    remedy:
      'Reinstate it (`resource-share identities reinstate NAME`) or confirm it (`identities set NAME --status confirmed`), then merge.',
  },
  alias_limit: { status: 409, title: 'The identity has too many aliases', remedy: 'Use fewer spellings.' },
  identity_limit: {
    status: 409,
    title: 'The pool holds as many names as it may',
    remedy:
      'Report under a name it holds; use under other names is recorded as `Unknown`. Names that nobody confirmed leave after 90 days without use.',
  },
  window_limit: {
    status: 409,
    title: 'The pool holds as many quota windows as it may',
    remedy: 'Read windows it holds, under the same keys. Windows that nobody reads leave after 90 days.',
  },
  window_unknown: {
    status: 404,
    title: 'No such quota window',
    remedy: 'List the windows (`GET /v1/fairness`), check the key.',
  },
  pool_limit: { status: 409, title: 'The ledger holds as many pools as it may', remedy: 'Use one that is there.' },
  event_unknown: { status: 404, title: 'No such event', remedy: 'Check the id or seq.' },
  not_correctable: {
    status: 409,
    title: 'The event named cannot be corrected this way',
    remedy: 'Name a usage.recorded event for a usage correction, a quota.read event for a rejected reading.',
  },
  correction_below_zero: {
    status: 409,
    title: 'The correction would leave less than nothing',
    remedy: 'Take away at most what was recorded and not yet corrected.',
  },
  reading_rejected_already: { status: 409, title: 'The reading is rejected already', remedy: 'Nothing to do.' },
  alert_unknown: { status: 404, title: 'No such open alert', remedy: 'List the open alerts.' },
  turn_denied: {
    status: 429,
    title: 'The agent may not run now',
    remedy: 'Ask again after the time in Retry-After, under a new idempotency key.',
    retry: 'later',
  },
  turn_unknown: {
    status: 404,
    title: 'No such turn, or one that was closed long ago',
    remedy: 'Ask for a turn; report use that belongs to none as it is.',
  },
  turn_fenced: {
    status: 409,
    title: 'The turn has passed to another holder: this token is not its newest',
    remedy: 'Stop the run, and report what it used without the turn.',
  },
  turn_expired: {
    status: 409,
    title: 'The turn was not renewed in time',
    remedy: 'Report what was used without the turn; ask for another turn before the next run.',
  },
  turn_closed: {
    status: 409,
    title: 'The turn was settled or released before',
    remedy: 'Report what was used since without the turn; ask for another turn before the next run.',
  },
  turn_limit: {
    status: 503,
    title: 'Too many turns are open in this pool',
    remedy: 'Settle or release turns; retry after the time in Retry-After.',
    exit: 'failed',
    retry: 'same-key',
  },
  job_kind_unknown: {
    status: 404,
    title: 'No jobs of this kind are known',
    remedy: 'Use one that `detail` names, or declare it in the setting `jobs.kinds`.',
    exit: 'usage',
  },
  job_unknown: {
    status: 404,
    title: 'No such job',
    remedy: 'List the jobs (`resource-share jobs list`), check the id.',
  },
  job_ended: {
    status: 409,
    title: 'The job neither waits nor runs',
    remedy: 'Nothing to do; `jobs retry` has it run again.',
  },
  job_running: { status: 409, title: 'The job is running', remedy: 'Wait until it has ended, or cancel it first.' },
  job_active: {
    status: 409,
    title: 'Another job with the same dedupe key waits or runs',
    remedy: 'Wait until that one has ended.',
    retry: 'later',
  },
  job_fenced: {
    status: 409,
    title: 'The claim on the job is lost: this token is not its newest, or has run out',
    remedy: 'Stop working on it, and claim another one.',
  },
  jobs_full: {
    status: 503,
    title: 'Too many jobs wait',
    remedy: 'Retry after the time in Retry-After; see whether anybody does the jobs that wait.',
    exit: 'failed',
    retry: 'same-key',
  },
  in_maintenance: {
    status: 409,
    title: 'Maintenance goes on',
    remedy: 'Wait for its end (`resource-share maintenance status`), or end it (`maintenance off`).',
    exit: 'failed',
    retry: 'later',
  },
  day_before_pool: {
    status: 409,
    title: 'The pool began after that day, and nothing is known of it',
    remedy: 'Check the date; import what was used on that day first.',
  },
  day_not_over: { status: 409, title: 'The day is not over yet', remedy: 'Close a day after it has ended.' },
  pool_unknown: {
    status: 404,
    title: 'No such pool',
    remedy: 'Add it (`resource-share pools add NAME`).',
    exit: 'failed',
  },
  pool_exists: { status: 409, title: 'A pool of this name exists', remedy: 'Choose another name.' },
  atomic_failed: {
    status: 409,
    title: 'Nothing was recorded, because another item of this atomic request was rejected',
    remedy: 'Correct the rejected item and send the request again.',
  },
  cursor_invalid: {
    status: 400,
    title: 'The cursor is not one this server gave',
    remedy: 'Start from the first page.',
  },
  seq_beyond_head: {
    status: 404,
    title: 'The log does not reach this seq or time yet',
    remedy: 'Ask for an earlier place.',
  },
  route_unknown: {
    status: 404,
    title: 'No such route',
    remedy: 'See /docs for all routes.',
    exit: 'failed',
  },
  method_not_allowed: { status: 405, title: 'The route exists, but not with this method', remedy: 'See /docs.' },
  not_acceptable: { status: 406, title: 'No such format', remedy: 'Ask for JSON, NDJSON or CSV.' },
  too_large: {
    status: 413,
    title: 'The body is too large',
    remedy: 'Send smaller batches, or NDJSON, which is streamed.',
    exit: 'usage',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The content type is not supported',
    remedy: 'Send application/json or application/x-ndjson.',
  },
  body_refused: {
    status: 422,
    title: 'The body is refused whole',
    remedy: 'Send it without what the detail names. Nothing of it was kept.',
    exit: 'usage',
  },
  cross_site: {
    status: 403,
    title: 'A web page of another origin may not use this',
    remedy: 'Call the API from a program, or from a page this server serves.',
    exit: 'failed',
  },
  host_unknown: {
    status: 421,
    title: 'This server is not known by that name',
    remedy: 'Call it by the address it listens at, or add the name to the setting `public_names`.',
    exit: 'failed',
  },
  key_required: {
    status: 401,
    title: 'This needs an API key',
    remedy: 'Send one as `Authorization: Bearer rs_…` (`resource-share keys create` makes it), or use the Unix socket.',
    exit: 'failed',
  },
  key_malformed: {
    status: 401,
    title: 'This is no whole API key',
    remedy: 'Look whether it was cut or mistyped: its checksum is wrong. Nobody looked whether it is known.',
    exit: 'failed',
  },
  key_refused: {
    status: 401,
    title: 'The API key opens nothing here',
    remedy: 'See `detail`; `resource-share keys list` shows which keys work, `keys create` makes another one.',
    exit: 'failed',
  },
  key_in_url: {
    status: 400,
    title: 'API keys do not belong into URLs, which are logged and remembered',
    remedy: 'Send it as `Authorization: Bearer rs_…` or `X-API-Key`. Rotate the key: it was in a URL.',
    exit: 'usage',
  },
  too_many_attempts: {
    status: 429,
    title: 'Too many keys from this address were refused',
    remedy: 'Retry after the time in Retry-After, with a key that works.',
    exit: 'failed',
    retry: 'later',
  },
  csrf_refused: {
    status: 403,
    title: 'The cookie of a session alone changes nothing',
    remedy:
      'Send the token of the page in `X-CSRF-Token`; load the page again where it is of an older session. Programs send an API key.',
    exit: 'failed',
  },
  scope_missing: {
    status: 403,
    title: 'The scope of the API key does not include this',
    remedy: 'Use a key of the scope that `detail` names (`resource-share keys create --scope …`).',
    exit: 'failed',
  },
  pool_forbidden: {
    status: 403,
    title: 'The API key is for another pool',
    remedy: 'Name the pool of the key, or use a key for this one.',
    exit: 'failed',
  },
  identity_forbidden: {
    status: 403,
    title: 'The API key is of another identity',
    remedy: 'Report under the identity of the key, or use a key for this one.',
    exit: 'failed',
  },
  api_key_unknown: {
    status: 404,
    title: 'There is no API key of this id',
    remedy: 'List the keys (`resource-share keys list`), check the id.',
  },
  key_inactive: {
    status: 409,
    title: 'The API key works no longer',
    remedy: 'Make another one (`resource-share keys create`).',
  },
  secret_unknown: {
    status: 404,
    title: 'There is no secret of this id',
    remedy: 'List the secrets (`resource-share webhooks secrets list`), check the id.',
  },
  secret_inactive: {
    status: 409,
    title: 'The secret works no longer',
    remedy: 'Make another one (`resource-share webhooks secrets create SOURCE`).',
  },
  secret_limit: {
    status: 409,
    title: 'As many secrets of this source work as may',
    remedy: 'Revoke one that is not in use: `resource-share webhooks secrets list` says how often each was.',
  },
  signature_required: {
    status: 401,
    title: 'This takes signed requests alone',
    remedy:
      'Sign the request by the rules of Standard Webhooks, with a secret of the source (`resource-share webhooks secrets create SOURCE`).',
    exit: 'failed',
  },
  signature_refused: {
    status: 401,
    title: 'The signature is none of a secret that works',
    remedy:
      'Sign the bytes that are sent, with the secret of this source; a new one is made with `resource-share webhooks secrets create SOURCE`.',
    exit: 'failed',
  },
  signature_stale: {
    status: 401,
    title: 'The request was signed more than 5 minutes from now',
    remedy: 'Sign each attempt with the time at which it is made; set the clock of the sender.',
    exit: 'failed',
  },
  ledger_key_kept: {
    status: 409,
    title: 'The key that signs checkpoints cannot be exchanged now',
    remedy: 'Wait until the exchange before is over; exchange a credential where it is made.',
  },
  endpoint_unknown: {
    status: 404,
    title: 'There is no webhook endpoint of this id',
    remedy: 'List the endpoints (`resource-share webhooks list`), check the id.',
  },
  endpoint_limit: {
    status: 409,
    title: 'There are as many webhook endpoints as there may be',
    remedy: 'Remove one that is not used any more.',
  },
  url_refused: {
    status: 422,
    title: 'Nothing is sent to this URL',
    remedy:
      'Name an https URL of a host in the internet; one of your own network is added to the setting `webhooks.allow_hosts` first.',
    exit: 'usage',
  },
  delivery_unknown: {
    status: 404,
    title: 'There is no delivery of this id',
    remedy: 'List the deliveries (`resource-share webhooks deliveries`); what was delivered is forgotten after 7 days.',
  },
  signature_unverified: {
    status: 401,
    title: 'The request is signed, and this signature is not verified here',
    remedy:
      'Send it without the header, where it can be trusted as it is; or to `/v1/webhooks/SOURCE`, signed by the rules of Standard Webhooks.',
    exit: 'failed',
  },
  request_invalid: {
    status: 400,
    title: 'The request cannot be understood',
    remedy: 'Check path, query and headers.',
    exit: 'usage',
  },
  request_slow: {
    status: 408,
    title: 'The request did not arrive in time',
    remedy: 'Send it again at once and whole; what takes long is sent as NDJSON.',
    exit: 'failed',
    retry: 'same-key',
  },
  queue_full: {
    status: 503,
    title: 'Too many reports are waiting',
    remedy: 'Retry after the time in Retry-After.',
    exit: 'failed',
    retry: 'same-key',
  },
  draining: {
    status: 503,
    title: 'The server is shutting down',
    remedy: 'Retry after the time in Retry-After.',
    exit: 'failed',
    retry: 'same-key',
  },
  storage_failed: {
    status: 503,
    title: 'The storage refused the write; nothing of this request was recorded',
    remedy: 'See `detail` (disk full, read-only, corrupt); retry after the time in Retry-After.',
    exit: 'failed',
    retry: 'same-key',
    log: 'error',
  },
  log_rewritten: {
    status: 503,
    title: 'A log is not the one that was signed',
    remedy:
      'Find out who changed, cut or exchanged it, and restore the ledger; docs/guides/prove-the-log.md says how, and what to do where it was meant.',
    exit: 'failed',
    log: 'error',
  },
  checkpoint_missing: {
    status: 404,
    title: 'No signed checkpoint says it yet',
    remedy: 'Ask again in a minute: checkpoints are signed then, where the daemon has a key.',
    retry: 'later',
  },
  proof_delayed: {
    status: 503,
    title: 'What proofs are made from is still being built',
    remedy:
      'Ask again after the time in Retry-After: it is built from the log after a restore, and on the first start.',
    exit: 'unavailable',
    retry: 'later',
  },
  clock_suspect: {
    status: 503,
    title: 'The clock that events are recorded by is not believed',
    remedy: 'Set the clock right, or confirm it with `resource-share clock accept`; then send the same request again.',
    exit: 'failed',
    retry: 'same-key',
    log: 'error',
  },
  storage_unavailable: {
    status: 503,
    title: 'The storage cannot be reached, or does not answer in time',
    remedy: 'Send the same request again, under its idempotency key, after the time in Retry-After.',
    exit: 'unavailable',
    retry: 'same-key',
    log: 'error',
  },
  not_writable: {
    status: 503,
    title: 'Nothing can be recorded at the moment',
    remedy:
      'See `detail`: a table is missing, a right is, or the disk is full; send the same request again when that is mended.',
    exit: 'failed',
    retry: 'same-key',
    log: 'error',
  },
  ledger_lost: {
    status: 503,
    title: 'The ledger is not where it was, or not what it was; nothing is recorded',
    remedy:
      'See `detail`: put the files back, or restore a backup, and start the server again; then send the same request again.',
    exit: 'failed',
    retry: 'same-key',
    log: 'error',
  },
  too_many_streams: {
    status: 503,
    title: 'Too many live feeds are open',
    remedy: 'Close one, or retry later.',
    exit: 'failed',
    retry: 'later',
  },
  past_busy: {
    status: 503,
    title: 'Too many questions about the past are waiting',
    remedy: 'Retry after the time in Retry-After; what is asked often can be asked once and kept.',
    exit: 'failed',
    retry: 'later',
  },
  query_refused: {
    status: 422,
    title: 'The statement is none that only reads',
    remedy: 'Ask one SELECT, VALUES or WITH. What changes the ledger goes through the API, and becomes an event.',
    exit: 'usage',
  },
  query_invalid: {
    status: 422,
    title: 'The database does not understand the statement',
    remedy: 'Correct it where `detail` says; `GET /v1/sql/tables` names every table and column.',
    exit: 'usage',
  },
  query_too_slow: {
    status: 422,
    title: 'The statement took too much time or memory, and was ended',
    remedy: 'Bound it by a column with an index, or ask for more time with `timeout_ms`, up to 30 s.',
  },
  query_too_large: {
    status: 422,
    title: 'The answer is too large',
    remedy: 'Name the columns that are needed, shorten long ones with `substr`, or ask for fewer rows.',
  },
  query_unknown: {
    status: 404,
    title: 'There is no ready-made query, or table, of this name',
    remedy: 'List them: `resource-share sql --list`, `resource-share sql --tables`.',
    exit: 'usage',
  },
  query_busy: {
    status: 503,
    title: 'Too many statements are waiting',
    remedy: 'Retry after the time in Retry-After.',
    exit: 'failed',
    retry: 'later',
  },
  viewer_off: {
    status: 409,
    title: 'No statements are asked of this ledger',
    remedy: 'See `detail`; docs/guides/sql.md has the statements that make the role.',
    exit: 'failed',
  },
  log_grown: {
    status: 409,
    title: 'Another process appended to the log meanwhile',
    remedy: 'Import into a pool that nobody else appends to.',
  },
  replay_running: {
    status: 409,
    title: 'A replay is running already',
    remedy: 'Wait until it has ended.',
    exit: 'failed',
    retry: 'later',
  },
  replay_failed: {
    status: 500,
    title: 'The replay stopped',
    remedy: 'See `detail`; run it again, it goes on where it stopped.',
    exit: 'failed',
    retry: 'later',
    log: 'error',
  },
  backup_unknown: {
    status: 404,
    title: 'There is no such backup',
    remedy: '`resource-share backup list` shows those that there are.',
  },
  backup_damaged: {
    status: 422,
    title: 'The backup is not what was written',
    remedy: 'Restore another one (`resource-share backup list`), or an export.',
  },
  backup_refused: {
    status: 409,
    title: 'A backup cannot be made, or put back, as things are',
    remedy: 'Do what the message says.',
    exit: 'failed',
  },
  import_refused: {
    status: 409,
    title: 'A line of the import does not fit',
    remedy: 'See `detail`, which names the line; export the events again.',
  },
  no_interval: {
    status: 409,
    title: 'The event named says no interval',
    remedy: 'Name an event of the type usage.recorded or agent.advised.',
  },
  setting_invalid: {
    status: 500,
    title: 'A setting has a value that cannot be used',
    remedy: 'Correct the setting.',
    exit: 'usage',
  },
  host_not_loopback: {
    status: 500,
    title: 'The server would be reachable from other machines, by anybody',
    remedy:
      'Make an API key first (`resource-share keys create --scope admin`), or bind to 127.0.0.1, ::1 or localhost.',
    exit: 'failed',
  },
  address_in_use: {
    status: 500,
    title: 'Another program listens at this address',
    remedy: 'Choose another port, or 0 for any that is free.',
    exit: 'failed',
  },
  not_reloadable: {
    status: 409,
    title: 'This process reads its settings when it starts, and no more',
    remedy: 'Start it again.',
  },
  /** The ledger says where, once for each item; see `Ledger.itemFailures$`. */
  item_failed: {
    status: 500,
    title: 'The server failed at this item; everything else that came with it was recorded',
    remedy: 'Send it again under its key; if it fails again, put it aside and report it with the line of the log.',
    exit: 'failed',
    retry: 'same-key',
  },
  internal: {
    status: 500,
    title: 'A fault of this server',
    remedy: 'Report it with the request id.',
    exit: 'failed',
    retry: 'same-key',
    log: 'error',
  },
} as const satisfies Record<string, Pick<ProblemKind, 'status' | 'title' | 'remedy'> & Partial<ProblemKind>>;

export type ProblemCode = keyof typeof kinds;

export const problems = Object.fromEntries(
  Object.entries(kinds).map(([code, kind]) => [code, { ...usual, ...kind }]),
) as Readonly<Record<ProblemCode, ProblemKind>>;

/** One faulty field, named as the client wrote it: `tokens.input`, `windows[2].key`. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** An operating error on its way to whoever asked. Programmer errors are plain `Error`s. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly FieldError[];

  constructor(code: ProblemCode, detail?: string, errors: readonly FieldError[] = []) {
    super(detail ?? problems[code].title);
    this.name = 'Problem';
    this.code = code;
    this.errors = errors;
  }
}
