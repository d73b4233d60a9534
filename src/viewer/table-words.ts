/**
 * What each table and column of a ledger means, in a sentence. A column that means the same wherever it is has one sentence for all of
 * them. Long because it is one list.
 */

interface TableWords {
  readonly description: string;
  readonly columns: Readonly<Record<string, string>>;
}

/** By the name of the column, where its table says nothing else. */
export const sharedColumns: Readonly<Record<string, string>> = {
  pool: 'The pool: agents that share one quota.',
  seq: 'Place of the event in the log of its pool, from 1 without a gap.',
  event_id: 'The event that the row is from, a ULID: `GET /v1/events/ID` gives it, `/proof` its proof.',
  claude_name: 'The agent or person, under the name it has now.',
  timestamp: 'When it happened by the client, as text: ISO 8601 in UTC with milliseconds. It sorts by time.',
  occurred_at: 'When it happened by the client, in milliseconds since 1970 in UTC.',
  recorded_at: 'When the ledger recorded it, in milliseconds since 1970 in UTC; it never goes back in a pool.',
  mode: '`autonomy`, where it ran by itself, or `collaboration`, where a person worked with it.',
  model: 'The model, as it was reported.',
  project: 'The project, as it was reported.',
  session: 'The session of the client, as it was reported.',
  input_tokens: 'Tokens given to the model that were in no cache.',
  cache_read_tokens: 'Tokens given to the model that were read from its cache.',
  cache_write_5m_tokens: 'Tokens written to a cache that lasts 5 minutes.',
  cache_write_1h_tokens: 'Tokens written to a cache that lasts an hour.',
  output_tokens: 'Tokens that the model wrote, without those of its reasoning.',
  reasoning_tokens: 'Tokens of the reasoning of the model.',
  legacy_tokens: 'Tokens of a client that tells one sum, and no kinds.',
  total_tokens: 'Tokens of all kinds.',
  cost_micro_usd: 'Cost in millionths of a US dollar; null where nobody knows it.',
  cost_usd: 'Cost in US dollars.',
  cost_source: 'How the cost is known: reported by the client, from the price list, or `unpriced`.',
  source: 'Which program or wire the event came by.',
  corrects: 'The event that this one corrects; null for a use.',
  autonomous_tokens: 'Tokens of runs by itself.',
  collaborative_tokens: 'Tokens of work with a person.',
  autonomous_cost_micro_usd: 'Cost of runs by itself, in millionths of a US dollar.',
  collaborative_cost_micro_usd: 'Cost of work with a person, in millionths of a US dollar.',
  total_cost_micro_usd: 'Cost of both, in millionths of a US dollar.',
  unpriced_tokens: 'Tokens whose cost nobody knows: they are in none of the costs.',
  reports: 'How many uses were reported.',
  corrections: 'How many corrections were made.',
  recommended_interval: 'Seconds that the agent was told to wait until its next run.',
  window_key: 'The quota window, such as `session_5hour` or `week_all`.',
  weight: 'Weight in the division of the quota: twice the weight is twice the share.',
  share: 'What the agent is entitled to, as a fraction of the window.',
  used_micro_usd: 'What it has used in the period of fairness, in millionths of a US dollar.',
  balance_micro_usd: 'By how much it is behind its share (above 0) or ahead of it, in millionths of a US dollar.',
  binding_window: 'The window that the interval follows from.',
  conduct: 'How the agent keeps to what it is told, where that changes what it is told.',
  reason: 'Why the interval is what it is, in a sentence.',
  computed_at: 'When it was worked out, as text in UTC.',
  resets_at: 'When the window begins again, as text in UTC.',
  confidence: 'How far the reading can be trusted: `high`, `medium` or `low`.',
  last_seq: 'The last event that changed the row.',
  fair_cost_micro_usd: 'What it counts for in the division of the quota, in millionths of a US dollar.',
};

const perMode = Object.fromEntries(
  [
    ['autonomous', 'of runs by itself'],
    ['collaborative', 'of work with a person'],
  ].flatMap(([prefix, whose]) => [
    [`${prefix}_input_tokens`, `Tokens ${whose} that were in no cache.`],
    [`${prefix}_cache_read_tokens`, `Tokens ${whose} that were read from the cache.`],
    [`${prefix}_cache_write_5m_tokens`, `Tokens ${whose} written to a cache that lasts 5 minutes.`],
    [`${prefix}_cache_write_1h_tokens`, `Tokens ${whose} written to a cache that lasts an hour.`],
    [`${prefix}_output_tokens`, `Tokens ${whose} that the model wrote.`],
    [`${prefix}_reasoning_tokens`, `Tokens ${whose} of the reasoning of the model.`],
  ]),
);

export const tableWords: Readonly<Record<string, TableWords>> = {
  recent_increments: {
    description: 'Every use and correction of the last 24 hours, the newest first (a view).',
    columns: {},
  },
  usage_by_hour: {
    description: 'What each agent used in each hour of UTC, with corrections taken into account (a view).',
    columns: {
      hour: 'When the hour began, as text in UTC.',
      hour_at: 'When the hour began, in milliseconds since 1970 in UTC.',
      autonomous_cost_usd: 'Cost of runs by itself, in US dollars.',
      collaborative_cost_usd: 'Cost of work with a person, in US dollars.',
      total_cost_usd: 'Cost of both, in US dollars.',
    },
  },
  resource_share_increments: {
    description: 'Every use, and every correction with the difference it makes.',
    columns: {
      id: 'Number of the row; it grows with the log.',
      cache_read_increment: 'Tokens as the original server counted them.',
      context_percentage: 'How full the context of the model was, in percent, as it was reported.',
      weighted_cost: 'Cost times the multiplier of the agent, as the original server counted it.',
      cost_delta: 'Cost in US dollars, as the original server has it.',
      normalized_usage: 'Use over the multiplier of the agent, as the original server has it.',
    },
  },
  daily_resource_share: {
    description:
      "What each agent used on each day of the pool's time zone. It begins with the columns of the original server.",
    columns: {
      ...perMode,
      id: 'Number of the row in its pool.',
      date: "The day in the pool's time zone, as YYYY-MM-DD.",
      last_updated: 'When the row was last changed, as text in UTC.',
      late_reports: 'How many reports came after the day was closed.',
      closed_at: 'When the day was closed, as text in UTC; null while it is open.',
    },
  },
  quota_info: {
    description: 'Every reading of the quota in the shape of the original server: one row with its three windows.',
    columns: {
      id: 'Number of the row; it grows with the log.',
      session_5hour: 'Percent used of the window of five hours.',
      week_all: 'Percent used of the week, all models.',
      week_sonnet: 'Percent used of the week, Sonnet alone.',
      session_5hour_reset: 'When the window of five hours begins again, as text.',
      week_reset: 'When the week begins again, as text.',
      account: 'The account that the quota is of, as it was reported.',
      stale: '1 where the reading was old when it was recorded.',
    },
  },
  quota_windows: {
    description: 'Every reading of the quota, a row for each window.',
    columns: {
      label: 'What the provider calls the window.',
      percent_bp: 'How much of it is used, in hundredths of a percent.',
      duration_s: 'How long the window is, in seconds.',
      scope: 'What the window is about, such as one model.',
      active: '1 where the window counts now.',
      suspect: '1 where the reading does not fit those before, and is not used.',
    },
  },
  claude_identities: {
    description: 'Who takes part, as it is now.',
    columns: {
      name: 'The name.',
      cost_multiplier: 'What its use is multiplied by, as the original server has it.',
      collaborative_pref: 'How much of its time it would spend with people, in percent.',
      active: '1 where it takes part.',
      ip_address: 'Address of its machine, as it was reported.',
      pause_until: 'Until when it is paused, as text in UTC; null where it is not, or without end.',
      paused: '1 where it is paused.',
      aliases: 'Other names that reports of it came under, as JSON.',
      colour: 'Its colour on pages.',
      status: 'Whether somebody confirmed it, or it only reported.',
      merged_into: 'The identity that it was merged into.',
      first_seen: 'When it first reported or was registered, as text in UTC.',
      last_seen: 'When it last reported, as text in UTC.',
    },
  },
  claude_identity_history: {
    description: 'Every change of who takes part.',
    columns: {
      id: 'Number of the row; it grows with the log.',
      name: 'The identity that changed.',
      timestamp: 'When the change was recorded, as text in UTC.',
      type: 'The type of the event.',
      change: 'What was changed, as JSON.',
    },
  },
  fair_allocations: {
    description: 'Share, use and interval of each agent in each window, as it is now.',
    columns: {
      remaining_micro_usd: 'What is left to it in the window, in millionths of a US dollar.',
      remaining: 'What is left to it, as a fraction of its share.',
      percent: 'Percent of the window that all have used, by estimate.',
      percent_deviation: 'By how much that estimate may be wrong, in percentage points.',
      budget_micro_usd: 'What the whole window is worth by estimate, in millionths of a US dollar.',
      budget_deviation: 'By how much that may be wrong, as a fraction.',
      unattributed_micro_usd: 'What was used of the window and reported by nobody, in millionths of a US dollar.',
      runout_p10: 'When the window runs out if use is high (one case of ten is earlier), as text in UTC.',
      runout_p50: 'When the window most likely runs out, as text in UTC.',
      runout_p90: 'When the window runs out if use is low (one case of ten is later), as text in UTC.',
      runout_probability: 'How likely it runs out before it begins again, from 0 to 1.',
    },
  },
  fair_allocation_history: {
    description: 'Every interval that an agent was told, with its reason.',
    columns: { blocked_by: 'What keeps the agent from running, such as a pause or a window that is used up.' },
  },
  pools: {
    description: 'The pools, with the newest event of each.',
    columns: {
      number: 'Number of the pool in this database.',
      created_at: 'When it was made, in milliseconds since 1970 in UTC.',
      head_seq: 'Seq of its newest event.',
      head_id: 'Id of its newest event.',
      head_hash: 'Hash of its newest event, which stands for the whole log.',
      head_recorded_at: 'When its newest event was recorded, in milliseconds since 1970 in UTC.',
    },
  },
  events: {
    description:
      'The log: everything that happened, and the truth that the other tables follow from. Old events may be archived in `segments`.',
    columns: {
      place: 'Number of the row: that of the pool times 2^40, plus seq.',
      id: 'The event, a ULID.',
      type: 'What happened, such as `usage.recorded`.',
      version: 'Version of the shape of the payload.',
      actor: 'On whose behalf it was recorded: `local`, or the id of an API key.',
      key: 'Idempotency key of the request.',
      correlates: 'What it belongs together with, such as a turn.',
      payload: 'What happened in detail, as canonical JSON.',
      digest: 'SHA-256 of the payload.',
      hash: 'Hash of the event and the one before it.',
      hash_version: 'How the hash is made.',
    },
  },
  segments: {
    description: 'Archived events: the first ones of a log, compressed, in the place of their rows in `events`.',
    columns: {
      last_seq: 'Seq of its last event.',
      first_seq: 'Seq of its first event.',
      events: 'How many events it holds.',
      first_id: 'Id of its first event.',
      first_recorded_at: 'When its first event was recorded, in milliseconds since 1970 in UTC.',
      last_id: 'Id of its last event.',
      last_recorded_at: 'When its last event was recorded, in milliseconds since 1970 in UTC.',
      previous_hash: 'Hash of the event before the first.',
      last_hash: 'Hash of the last event.',
      merkle_root: 'Root of the tree over the hashes.',
      contents: 'Which types, names and sources it holds, as JSON.',
      bytes: 'The compressed events.',
    },
  },
  idempotency: {
    description: 'The first answer to every request with an idempotency key.',
    columns: {
      key: 'The idempotency key.',
      digest: 'SHA-256 of the request.',
      seq: 'The event of the receipt; null where nothing was recorded.',
      answer: 'The answer, as JSON.',
    },
  },
  snapshots: {
    description: 'The state of a pool after an event, so that a start need not read the whole log.',
    columns: { format: 'Version of its form.', state: 'The state, as JSON.' },
  },
  checkpoints: {
    description: 'What questions about the past begin from.',
    columns: {
      part: 'Which part of it: the state, or a table.',
      rules: 'By which rules it was made.',
      contents: 'The part itself.',
    },
  },
  tiles: {
    description: 'The Merkle tree of each log, which signed checkpoints stand for.',
    columns: {
      level: 'Level of the tree, 0 at the events.',
      tile: 'Number of the tile in its level.',
      hashes: 'Up to 256 hashes of 32 bytes.',
    },
  },
  projections: {
    description: 'By which rules the tables were built.',
    columns: { name: 'The projection.', version: 'Version of its rules.' },
  },
  schema_version: {
    description: 'Which release made the tables of the server.',
    columns: { only_row: 'Always 1: there is one row.', version: 'Number of the schema.' },
  },
  leases: {
    description: 'Who does what only one process may do at a time.',
    columns: {
      name: 'What it is about.',
      holder: 'Which process has it.',
      token: 'Number that grows with each holder.',
      expires_at: 'When it ends unless it is renewed, in milliseconds since 1970 in UTC.',
    },
  },
  jobs: {
    description: 'Background work: what waits, runs, and has ended.',
    columns: {
      id: 'The job, a ULID.',
      pool: 'The pool that it is about; null where it is about none.',
      kind: 'What is to be done.',
      payload: 'With which details, as JSON.',
      state: '`pending`, `running`, `succeeded`, `failed`, `dead` or `cancelled`.',
      run_at: 'When it may begin, in milliseconds since 1970 in UTC.',
      priority: 'The smallest comes first.',
      attempts: 'How often it was begun.',
      attempts_max: 'How often it is begun at most.',
      token: 'Number that grows with each claim: only the newest holder may change the job.',
      holder: 'Which process works on it.',
      lease_until: 'When the claim ends unless it is renewed, in milliseconds since 1970 in UTC.',
      dedupe: 'While a job with this text waits or runs, no other of its kind is added.',
      cancel_at: 'When somebody asked it to end, in milliseconds since 1970 in UTC.',
      progress: 'How far it is, and its last lines, as JSON.',
      error: 'What it failed with.',
      result: 'What it gave, as JSON.',
      schedule: 'The schedule that added it.',
      created_at: 'When it was added, in milliseconds since 1970 in UTC.',
      started_at: 'When it was begun last, in milliseconds since 1970 in UTC.',
      finished_at: 'When it ended, in milliseconds since 1970 in UTC.',
    },
  },
  schedule_fires: {
    description: 'Instants at which a schedule has added a job.',
    columns: {
      schedule: 'The schedule.',
      instant: 'The instant, in milliseconds since 1970 in UTC.',
      job: 'The job that was added.',
    },
  },
  paused_jobs: {
    description: 'Kinds of jobs of which none is begun.',
    columns: { kind: 'The kind; `*` stands for all.', paused_at: 'Since when, in milliseconds since 1970 in UTC.' },
  },
  usage_sessions: {
    description: 'The last running totals of each session, which the next report of it is compared with.',
    columns: {
      owner: 'Who reports it; empty where that is no part of it.',
      cost_micro_usd: 'The running total of its cost, in millionths of a US dollar.',
      total_tokens: 'The running total of its tokens.',
      last_seen: 'When it was last told of, as text in UTC.',
    },
  },
  usage_meters: {
    description:
      'The responses of models that were recorded, by each of their ids: a second report of one counts once.',
    columns: {
      meter_id: 'Id of the response, or of the request.',
      event_id: 'The use that it was recorded by.',
      ids: 'All its ids, as JSON.',
      rank: 'Of two reports of one response, which goes before the other.',
      sidechain: '1 where it was a side conversation of the session.',
      says_speed: '1 where the report says how fast the model ran.',
    },
  },
  metered_sessions: {
    description: 'Sessions whose use is told of response by response, and how closely.',
    columns: { detail: 'How closely: the larger, the closer.' },
  },
  stopgap_uses: {
    description: 'Uses of a session that count until it is told of more closely.',
    columns: { event_id: 'The use that counts meanwhile.', detail: 'How closely it was told of.' },
  },
};
