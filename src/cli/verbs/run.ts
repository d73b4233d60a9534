/** `run`: runs a command in turns of an agent, keeps to what the agent is told, and reports what the run used. */
import { type Command, Option } from 'commander';
import { limits } from '../../limits.js';
import { addExamples, decimal, settingOption, settingsFor } from '../options.js';
import { parseDuration } from '../times.js';

interface Options {
  readonly every?: true;
  readonly turnTtl: number;
  readonly usage: 'json' | 'transcript' | 'none';
  readonly model?: string;
  readonly estimate?: number;
  readonly strict?: true;
  readonly timeout: number;
}

export function define(command: Command): void {
  command
    .description(
      'Run a command in a turn of an agent: wait until it may run, hold the turn meanwhile, report what it used, and end with its exit code.',
    )
    .argument('<name>', 'the identity that runs')
    .argument('[command...]', 'the command and its arguments, after --')
    .option('--every', 'again and again, at the intervals that the agent is told; Ctrl-C ends it')
    .addOption(
      new Option('--turn-ttl <duration>', 'how long a turn is held without being renewed')
        .argParser(parseDuration)
        .default(300_000, '5m'),
    )
    .addOption(
      new Option(
        '--usage <source>',
        'where the run says what it used. json: the result on its stdout, with --output-format json; transcript: the one of its session; none: nowhere, or others report it',
      )
        .choices(['json', 'transcript', 'none'])
        .default('none'),
    )
    .option('--model <model>', 'model of the run')
    .option(
      '--estimate <usd>',
      'what it is expected to cost, in US dollars (default: what it usually does)',
      decimal(0),
    )
    .option('--strict', 'while no daemon answers: wait, instead of running without a turn')
    .addOption(
      new Option('--timeout <duration>', 'how long to try before no daemon counts as there')
        .argParser(parseDuration)
        .default(10_000, '10s'),
    )
    .addOption(settingOption('url'))
    .addOption(settingOption('spool'));
  command.action((name: string, words: readonly string[], options: Options) => run(command, name, words, options));
  command.addHelpText(
    'after',
    '\nExit code: of the command, 128 and the number of the signal that ended it or the waiting, 126 or 127 where it cannot be started.',
  );
  addExamples(
    command,
    'run Ada -- ./agent.sh',
    'run Ada --usage json -- claude -p "$(cat task.md)" --output-format json',
    'run Ada --every --usage transcript -- claude -p "go on" --continue',
  );
}

async function run(command: Command, name: string, words: readonly string[], options: Options): Promise<void> {
  const { usageError } = await import('../exit.js');
  if (words.length === 0)
    throw usageError('what is to be run? Give the command: `resource-share run NAME -- COMMAND`.');
  const ttlSeconds = Math.ceil(options.turnTtl / 1_000);
  if (ttlSeconds > limits.turnSecondsMax) throw usageError('--turn-ttl is longer than a day.');
  const { reportingTo } = await import('../daemon-address.js');
  const { AgentRunner } = await import('../run/agent-runner.js');
  const runner = new AgentRunner({
    to: reportingTo(settingsFor(command)),
    identity: name,
    command: words,
    usage: options.usage,
    ttlSeconds,
    model: options.model,
    estimateMicroUsd: options.estimate === undefined ? undefined : Math.round(options.estimate * 1e6),
    isStrict: options.strict === true,
    timeoutMs: options.timeout,
  });
  process.exitCode = await (options.every === true ? runner.everyTurn() : runner.once());
}
