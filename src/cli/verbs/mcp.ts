/** `mcp`: tools by which a model asks whether it may run, and says what it used. Over stdio, as clients start such servers. */
import type { Command } from 'commander';
import { processEnvironment } from '../../settings/environment.js';
import { requireSettings } from '../../settings/resolve.js';
import { addExamples, settingOption, settingsFor } from '../options.js';

export function define(command: Command): void {
  command
    .description(
      'Serve the tools may_i_run, report_usage, my_share and quota over stdio, by the Model Context Protocol. A client starts it, and ends it; the daemon answers what is asked.',
    )
    .option(
      '--as <name>',
      'the identity that the client runs for (default: each call names it; env: RESOURCE_SHARE_AGENT)',
    )
    .addOption(settingOption('url'));
  command.action(async ({ as }: { readonly as?: string }) => {
    const resolved = settingsFor(command);
    const { pool } = requireSettings(resolved, 'pool', 'url');
    const { serveTools } = await import('../mcp/server.js');
    await serveTools({ resolved, pool, agent: as ?? (processEnvironment().RESOURCE_SHARE_AGENT || null) });
  });
  command.addHelpText(
    'after',
    '\nA client is told of it once, Claude Code for one by:\n  $ claude mcp add resource-share -- resource-share mcp --as Ada\n\nWithout a daemon each tool says so, and works again when there is one.',
  );
  addExamples(command, 'mcp --as Ada', 'mcp --as Ada --pool team --url https://ledger.example');
}
