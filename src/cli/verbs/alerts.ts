/** `alerts`: what somebody should look at. */

import type { Command } from 'commander';
import { instantText } from '../../text/time.js';
import type { LedgerClient } from '../ledger-client.js';
import { addExamples, globalsOf, jsonOption } from '../options.js';
import { printJson, printLine } from '../output.js';
import { type Column, printTable } from '../table.js';

interface AlertRow {
  readonly id: string;
  readonly rule: string;
  readonly subject: string;
  readonly text: string;
  readonly raised_at: string;
  readonly acknowledged_at: string | null;
}

export function define(command: Command): void {
  const list = command
    .command('list')
    .description('List the alerts that are open, the newest first.')
    .addOption(jsonOption());
  list.action(({ json }: { json?: true }) =>
    ask<{ alerts: readonly AlertRow[] }>(
      list,
      (client) => client.aboutAlerts('v1/alerts'),
      (answer) => {
        if (json === true) printJson(answer);
        else printTable(columns, answer.alerts, 'No alert is open.');
      },
    ),
  );
  addExamples(list, 'alerts list', 'alerts list --json');

  const ack = command
    .command('ack <id>')
    .description('Say that somebody has seen an alert: it stays open until its cause is gone.')
    .option('--reason <text>', 'kept in the log with it')
    .addOption(jsonOption());
  ack.action((id: string, { reason, json }: { reason?: string; json?: true }) =>
    ask<AlertRow>(
      ack,
      (client) => client.aboutAlerts(`v1/alerts/${encodeURIComponent(id)}/ack`, { reason }),
      (alert) => {
        if (json === true) printJson(alert);
        else printLine(`${alert.id} (${alert.rule}, ${alert.subject}) is acknowledged.`);
      },
    ),
  );
  addExamples(ack, 'alerts ack a42', 'alerts ack a42 --reason "the collector is being repaired"');

  addExamples(command, 'alerts list', 'alerts ack a42');
}

const columns: readonly Column<AlertRow>[] = [
  { head: 'alert', value: ({ id }) => id },
  { head: 'raised', value: ({ raised_at: at }) => instantText(at) },
  { head: 'rule', value: ({ rule }) => rule },
  { head: 'about', value: ({ subject }) => subject },
  { head: 'seen', value: ({ acknowledged_at: at }) => (at === null ? 'no' : instantText(at)) },
  { head: 'what', value: ({ text }) => text, wrap: true },
];

async function ask<T>(
  command: Command,
  about: (client: LedgerClient) => Promise<unknown>,
  print: (answer: T) => void,
): Promise<void> {
  const { withPoolClient } = await import('../open-client.js');
  print((await withPoolClient(globalsOf(command), about)) as T);
}
