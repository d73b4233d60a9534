/**
 * Every limit of the product, in one place, with its unit last in the name.
 * A limit that is reached answers with a problem from `problems.ts`; nothing is cut silently. Long because it is one list.
 */
export const limits = {
  /** Commands decided in one transaction. Larger batches gain nothing: the commit is already amortised. */
  batchCommandsMax: 1_000,
  /** Commands decided before other requests are let in between. */
  decidedAtOnceMax: 64,
  /** Commands waiting for a transaction in one pool; beyond it the answer is 503 with Retry-After. */
  queueCommandsMax: 10_000,
  /** Commands in one JSON array of POST /v1/events. */
  arrayCommandsMax: 1_000,
  /** Body of a request that carries one command. */
  bodyBytesMax: 1_048_576,
  /** Body of a JSON array of commands. */
  arrayBytesMax: 4_194_304,
  /** One line of NDJSON. */
  lineBytesMax: 65_536,
  /** One line of a foreign file; a longer one is skipped. */
  sourceLineBytesMax: 16_777_216,
  /** Messages inside one body of OTLP in protobuf: two bytes may be one, and each is an object in memory. */
  otlpMessagesMax: 1_000_000,
  /** Commands of one NDJSON stream that wait for their commit at the same time. */
  streamCommandsInFlightMax: 2_000,
  /** Outcomes of one NDJSON stream kept for a client that does not read while it writes. */
  streamOutcomeBytesMax: 67_108_864,
  /** How long a check of readiness waits for the storage; less than load balancers wait for the check. */
  storageAnswerMsMax: 2_000,
  /** How long it is taken for granted that what is recorded could be written, and below how many free bytes it could not. */
  writableMs: 1_000,
  diskBytesMin: 1_048_576,
  /** One page of a query. */
  pageRowsDefault: 100,
  pageRowsMax: 1_000,
  /** Hours, days or weeks of one answer about figures over time, and how many of what was used are told apart there; the rest is one. */
  seriesStepsMax: 1_500,
  seriesPartsMax: 12,
  /** Agents whose shares over time are told apart in one answer; the rest is one. */
  seriesAgentsMax: 50,
  /** Readings, of whichever window, that are gone through for the history of one. */
  windowReadingsMax: 10_000,
  /** Events of one agent that are gone through for its runs. */
  agentRunEventsMax: 4_000,
  /** Rows read from the log at once by replay and export; and by each thread of verify. */
  scanRowsPage: 2_000,
  walkRowsPage: 500,
  /** Questions about the past that are worked out at once, and those that wait; beyond them the answer is 503 with Retry-After. */
  asOfAtOnceMax: 2,
  asOfWaitingMax: 8,
  /** Events folded at once, between requests, for a question about the past. */
  asOfRowsPage: 500,
  /** Events whose rows a replay writes at once. */
  replayEventsStretch: 4_000,
  /** Events that it folds before it lets what is on its way to and from the database go on. */
  replayEventsTurn: 200,
  /**
   * Events of one archived segment, a power of two as its root is a node of the log's tree, and bytes of their payloads. An archived
   * event is read by opening its segment.
   */
  segmentEventsMax: 8_192,
  segmentBytesMax: 16_777_216,
  /** How long a copy of the database file may take, and how far the write-ahead log may grow meanwhile, before it is given up. */
  snapshotMsMax: 900_000,
  snapshotWalBytesMax: 1_073_741_824,
  /**
   * Keys that a backup is encrypted for; seconds between two of them. How many of each kind are kept: the last, and one of each of
   * the last days and weeks. Defaults of the settings `backup.…`.
   */
  backupRecipientsMax: 16,
  backupSecondsMin: 60,
  backupSecondsMax: 604_800,
  backupSeconds: 3_600,
  backupsLast: 7,
  backupsDaily: 7,
  backupsWeekly: 4,
  backupsKeptMax: 10_000,
  /** Links of the hash chain served with a proof. */
  proofLinksMax: 1_000,
  /** Live feed connections of one process; default of the setting `server.live_feeds`. */
  streamConnectionsMax: 200,
  /** Characters of a name (identity, alias), of a pool and of other short texts. */
  nameCharactersMax: 128,
  poolCharactersMax: 63,
  textCharactersMax: 256,
  reasonCharactersMax: 1_000,
  keyCharactersMax: 255,
  /** For how long an API key may be made, and for how long it works beside the one that takes its place. */
  keySecondsMax: 315_360_000,
  keyOverlapSeconds: 86_400,
  /** Of the key that signs checkpoints: clients take over the new one when they are in contact. */
  ledgerKeyOverlapSeconds: 604_800,
  ledgerKeyOverlapSecondsMin: 60,
  /** How often a daemon looks which keys other nodes have made or revoked. */
  keysWatchMs: 1_000,
  /** How long a browser stays signed in, how many may be with one key, and the form that it sends. */
  sessionMs: 43_200_000,
  sessionsOfKeyMax: 100,
  formBytesMax: 8_192,
  /** Secrets of one source of webhooks that work at once, and how far the time of a signature may be from the server's. */
  webhookSecretsMax: 3,
  webhookAgeMsMax: 300_000,
  rawCharactersMax: 8_192,
  tagsMax: 32,
  sourceRulesMax: 1_000,
  windowsMax: 32,
  aliasesMax: 64,
  /** Identities of a pool, merged ones too; further names are recorded under `Unknown`. Windows of a pool; pools. */
  identitiesMax: 1_000,
  windowsActiveMax: 64,
  poolsMax: 1_000,
  /** Names of which a pool first hears in one hour; further ones are quarantined. Default of the setting `unknown_agents_per_hour`. */
  newcomersPerHour: 20,
  newcomersPerHourMax: 1_000,
  /** Use that is told so late is history: who did it is not counted among them. */
  historyMsMin: 900_000,
  /** Who reported nothing, and a window that nobody read, for so long leaves the pool; how often the daemon looks. */
  lapseMs: 7_776_000_000,
  lapseSweepMs: 3_600_000,
  /** A single count of tokens, and a single amount of money (one million USD). */
  tokensMax: 1_000_000_000_000,
  costMicroUsdMax: 1_000_000_000_000,
  /** How far a client's clock may run ahead. */
  futureMsMax: 300_000,
  /** By how much the wall clock may differ from the time that passed before that is a jump, and how long one is not believed. */
  clockJumpMs: 2_000,
  clockConfirmMs: 60_000,
  /** Between the newest event and the wall clock: beyond these the clock is in doubt. */
  clockBehindMsMax: 300_000,
  clockAheadMsMax: 2_592_000_000,
  /** A jump above this is an alert, which is cleared by itself after a day. */
  clockJumpToldMsMin: 300_000,
  clockJumpAlertMs: 86_400_000,
  /** How often the daemon looks at the clock. */
  clockWatchMs: 5_000,
  /** How often a daemon looks for pools that do not name the version of the method yet. */
  methodSweepMs: 60_000,
  /** 2000-01-01: before it, a date is a mistake (and zones were not multiples of 15 minutes). */
  occurredAtMsMin: 946_684_800_000,
  /** The end of the year 9999: dates have no room for a later one. */
  occurredAtMsMax: 253_402_300_799_999,
  /** Percentages above this are a misread screen, in basis points. */
  percentBpMax: 10_100,
  intervalSecondsMax: 31_536_000,
  pauseMinutesMax: 525_600,
  /** Instances remembered per identity, readings per window and account, accounts and closed days per pool. */
  instancesKept: 4,
  readingsKept: 4,
  accountsKept: 8,
  closedDaysKept: 800,
  /** How long a turn is held without being renewed. */
  turnSecondsDefault: 900,
  turnSecondsMin: 1,
  turnSecondsMax: 86_400,
  /** Turns open at once in a pool, and closed ones that a holder who asks late is still told about. */
  turnsOpenMax: 10_000,
  turnsClosedKept: 1_000,
  /** Turns that expire in one transaction; the others follow in the next one. */
  turnsExpiredAtOnceMax: 1_000,
  /** How often the daemon looks for turns whose time is up. */
  turnSweepMs: 5_000,
  /** Alerts open at once in a pool; the oldest is dropped from memory (never from the log). */
  alertsOpenMax: 1_000,
  /** How long the watchdog does not raise an alert again that was cleared; how often it looks. */
  alertCooldownMs: 3_600_000,
  watchdogMs: 60_000,
  /** Alerts of one rule that are open at once in a pool: one more tells of all others. */
  alertsOfRuleMax: 20,
  /** How often the quota is read where a reader is set, up to how much later at random, how long that may take, and captures that are kept. */
  quotaCheckMs: 1_800_000,
  quotaCheckJitterMs: 60_000,
  quotaReaderMsMax: 45_000,
  capturesKept: 10,
  /** How often a daemon sweeps, and how long nobody may have written to what it sweeps; default of the setting `cleanup.older_than_s`. */
  cleanupMs: 300_000,
  cleanupOlderSeconds: 600,
  cleanupOlderSecondsMin: 1,
  cleanupOlderSecondsMax: 31_536_000,
  /** How long maintenance may last, and how often a daemon looks whether its time is up. */
  maintenanceMsMax: 604_800_000,
  maintenanceSweepMs: 1_000,
  /** Events whose uses the watchdog reads at once. */
  pastEventsPage: 20_000,
  /** From where on the watchdog raises alerts; defaults of the settings `alerts.…`. */
  overdueIntervals: 3,
  windowPercent: 80,
  windowPercentHigh: 95,
  unattributedPercent: 10,
  diskFreeMib: 1_024,
  /** Models without a price of which people are told one by one. */
  unpricedModelsTold: 20,
  /** Events between two snapshots of the state. */
  snapshotEventsEvery: 20_000,
  /** Events between two checkpoints, how often the daemon looks whether one is due, and how many are read at once. */
  checkpointEventsEvery: 10_000,
  checkpointSweepMs: 60_000,
  checkpointsPage: 50,
  /** Hashes of the log that are added to its tree at once, without letting others go first; and before they are kept. */
  treeHashesPage: 1_024,
  treeHashesKept: 65_536,
  treeLeaseMs: 30_000,
  /** Seconds between two signed checkpoints by default, and how many places they may go to. */
  checkpointSeconds: 60,
  checkpointTargetsMax: 10,
  /** Endpoints that are told of events, the body of a message, and what is kept of an answer to it. */
  endpointsMax: 100,
  webhookBytesMax: 20_480,
  webhookReplyBytesMax: 1_024,
  /** How long an attempt to send may take. */
  webhookMsMax: 15_000,
  /** Events that become messages of their own within a minute; what goes beyond is one message for the next minute. */
  webhookStormMessages: 60,
  webhookStormMs: 60_000,
  /** Messages that wait for one endpoint: beyond them, events stay in the log until there is room. */
  outboxWaitingMax: 200,
  /** Events that are read for the outbox at once, and those of no interest that are passed over before that is noted. */
  outboxEventsPage: 500,
  outboxEventsUnnoted: 10_000,
  /** How often it is looked at most for new events, and at least for what other nodes changed; how long a node has an endpoint. */
  outboxLookMs: 250,
  outboxWatchMs: 5_000,
  outboxLeaseMs: 10_000,
  /** For how long it is known what was delivered, and what was not; and of how many messages for each endpoint. */
  deliveredKeptMs: 604_800_000,
  deadKeptMs: 2_592_000_000,
  deliveriesKept: 10_000,
  outboxPruneMs: 3_600_000,
  /** Records that are sent to a sink of the audit trail at once; their bytes, in all sinks and over UDP; and what waits for each of them. */
  auditPage: 200,
  auditBytesMax: 8_000,
  auditUdpBytesMax: 2_000,
  auditNotesMax: 10_000,
  auditSinksMax: 8,
  /** How long a sink may take, how long a connection must last behind what was written to it, and how long one that fails is waited for. */
  auditSendMsMax: 15_000,
  auditSettleMs: 250,
  auditRetryMsMax: 60_000,
  /** Since when a sink takes nothing before people are told. */
  auditToldMs: 60_000,
  /** Addresses whose refused keys are told one by one, each second. */
  auditAddressesMax: 20,
  /** Statements that a connection keeps compiled; the program's own are far fewer. */
  statementsKept: 250,
  /** The WAL file is cut back when it grows beyond this; default of the setting `sqlite.wal_bytes`. */
  walBytesMax: 67_108_864,
  /**
   * What is in the write-ahead log alone is moved into the database when nothing was recorded for the first of these, and after the
   * second at the latest: from then on a copy of the database alone is a whole ledger.
   */
  walIdleMs: 60_000,
  walAgeMsMax: 300_000,
  /** How often the daemon looks after the storage: whether its files are there, and how far the logs have reached. */
  tendMs: 1_000,
  /** Jobs that wait; those of one request. Bytes of a payload and of a result, characters of an error and of a line, lines kept. */
  jobsPendingMax: 100_000,
  jobsAddedMax: 1_000,
  jobPayloadBytesMax: 65_536,
  jobErrorCharactersMax: 1_000,
  jobLineCharactersMax: 200,
  jobLinesKept: 50,
  /** Until a failed job is tried again, at random up to the first of these, then up to twice as long each time, up to the second. */
  jobBackoffMs: 5_000,
  jobBackoffMsMax: 600_000,
  jobAttempts: 5,
  jobAttemptsMax: 100,
  /** How often a daemon looks for jobs, and at most while the storage is away; defaults of the settings `jobs.…`. */
  jobPollMs: 5_000,
  jobPollMsMax: 30_000,
  jobLeaseMs: 300_000,
  jobLeaseMsMin: 4_000,
  jobLeaseMsMax: 86_400_000,
  jobHeartbeatMs: 60_000,
  /** How long a job that is to end is waited for until people are told that it does not. */
  jobStuckMs: 30_000,
  /** How long one that is told to end, as the daemon does, may take until it is given back. */
  jobGiveBackMs: 1_000,
  /** Claims that ran out and are taken back in one transaction, finished jobs that are removed in one, and how often. */
  jobsSweptAtOnce: 100,
  jobTrimMs: 600_000,
  /** How long finished jobs are kept, and how many of each state; and instants of schedules. */
  jobSucceededMs: 604_800_000,
  jobOtherMs: 2_592_000_000,
  jobRowsKept: 10_000,
  jobFiresMs: 3_456_000_000,
  /** Of what a schedule missed: how far back it is made up for, and how many times at most. */
  jobCatchUpDaysMax: 35,
  jobCatchUpFiresMax: 100,
  /** Kinds of jobs that others do, and schedules that are set. */
  jobKindsMax: 100,
  /** Connections of one process to a database server (default of `postgres.connections`); how long one may take to make, and a request waits for one. */
  databaseConnectionsMax: 10,
  databaseConnectMsMax: 3_000,
  databaseWaitMsMax: 5_000,
  /** How long it may take to find out whether a commit whose answer was lost took place. */
  commitDoubtMsMax: 15_000,
  /** How long a statement of a request may take; default of the setting `postgres.statement_ms`. */
  statementMsMax: 30_000,
  /** How often a batch that another transaction got in the way of is decided again. */
  conflictRetriesMax: 8,
  /** How often a node looks for what other nodes appended: at once after it found something, then less and less. */
  followMsMin: 50,
  followMsMax: 1_000,
  /** How long a connection may take until the headers of a request are here, and its body; how often that is looked at. */
  headersMsMax: 10_000,
  bodyMsMax: 30_000,
  connectionCheckMs: 2_000,
  /** How long a stream of commands may be silent. */
  streamSilenceMsMax: 60_000,
  /** Of the files that the process may have open, those that are no connections; connections where that is not known. */
  filesReserved: 256,
  connectionsMaxUnknown: 1_000,
  /** How often the log says that connections were dropped. */
  droppedToldMs: 60_000,
  /** How often the daemon looks whether its Unix socket is still there. */
  socketWatchMs: 5_000,
  /** Of a log file of the daemon, defaults of the settings `log.…`: its size, its age, and how many before it are kept. */
  logMibMax: 50,
  logDaysMax: 7,
  logFilesKept: 7,
  /** How often the daemon looks whether its log file is still there. */
  logWatchMs: 1_000,
  /** How much longer a start may take, said again while it goes on; and how often the service manager is told how a daemon is. */
  startMoreMs: 30_000,
  statusTellMs: 30_000,
  /** How long a drain waits for requests under way; default of the setting `server.drain_ms`. */
  drainMsMax: 10_000,
  /** Of a file of lines that a source reads: what is read at once. */
  partBytes: 1_048_576,
  /** A reading of the quota, as its source wrote it. */
  readingBytesMax: 262_144,
  /** A body that is pushed by telemetry, hooks or CloudEvents, decompressed. */
  pushBytesMax: 8_388_608,
  /** How long a hook waits for its answer; beyond it, it is told nothing. */
  hookMsMax: 150,
  /** Sessions of which it is known when a person last typed something, and where they run. */
  promptSessionsKept: 10_000,
  /** A file that a source reads whole. */
  documentBytesMax: 67_108_864,
  /** A settings file of a client that is connected. */
  settingsBytesMax: 16_777_216,
  /** Responses and readings that a cursor remembers, the latest: so that copies of them are no news. */
  knownUsesMax: 50_000,
  /** How long tmux may take to say which sessions there are. */
  tmuxMsMax: 2_000,
  /** Files of a source that are read to see whether one shows something, the newest. */
  triedFilesMax: 10,
  /** Of what is collected: reports in one request, and how often it is noted how far it came. */
  collectReportsMax: 1_000,
  collectSaveMs: 1_000,
  /** Observations that are combined, or made reports, before others are let in. */
  collectTurn: 500,
  /** Reports that were dated too far ahead, and wait for their time. */
  earlyReportsMax: 1_000,
  /** Reports that are held with the cursor while the ledger is away; of further ones the files wait. */
  heldReportsMax: 10_000,
  /** Of files that are followed: how often all are looked at, at the least and at most; default of the setting `sources.sweep_s`. */
  sweepSecondsMin: 5,
  sweepSecondsMax: 30,
  /** Files that are looked at before others are let in. */
  sweepFilesTurn: 100,
  /** Folders of a source that are watched; more are only swept. */
  watchedFoldersMax: 2_000,
  /** How long it takes at least from a change to a look at it, so that many changes share a look. */
  doorbellMs: 250,
  /** A file that was written so recently is looked into again: two writes may bear the same time. */
  settledMs: 2_000,
  /** How often it is noted at least how far files were followed, where something was read. */
  followSaveMs: 10_000,
  /** Identities that metrics show by name; the others are added up. Each name is a series of its own for whoever stores them. */
  metricIdentitiesMax: 200,
  /** Sources of readings that metrics show. */
  metricSourcesMax: 50,
  /** How long metrics lag behind the log, and how old what they say of jobs, backups and the disk may be. */
  metricsFollowMs: 1_000,
  metricsKeptMs: 5_000,
  /**
   * Statements that people ask the tables: how long one may take, and by default; the rows of a page are those of any page. Bytes of a
   * page and of an export, characters of a text in a page, of the statement itself, and memory of the process that works on it.
   */
  viewerMsMin: 100,
  viewerMsMax: 30_000,
  viewerMsDefault: 3_000,
  viewerPageBytesMax: 10_485_760,
  viewerExportBytesMax: 100_000_000,
  viewerCellCharactersMax: 2_048,
  viewerSqlCharactersMax: 65_536,
  viewerMemoryMibMax: 256,
  /** Rows of a table that its page counts at most, and what counting may take: of all tables, and of the values of one. */
  viewerCountedRowsMax: 10_000,
  viewerCountMsMax: 1_000,
  viewerValuesMsMax: 200,
  /** Those that are worked on at once, and those that wait; beyond them the answer is 503 with Retry-After. */
  viewerAtOnceMax: 4,
  viewerWaitingMax: 16,
  /** How often the memory of such a process is looked at, how many stay without work, and for how long. */
  viewerMemoryCheckMs: 100,
  viewerIdleMax: 2,
  viewerIdleMs: 600_000,
  /** How long such a process may take until it is ready, and until it has ended by itself. */
  viewerStartMsMax: 30_000,
  viewerEndMsMax: 2_000,
  /** How long a statement on a server waits for a lock, and rows that are fetched at once. */
  viewerLockMsMax: 1_000,
  viewerFetchRows: 500,
  /** Seconds a client is asked to wait when the queue is full or the storage failed. */
  retryAfterSeconds: 2,
} as const;
