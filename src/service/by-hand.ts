/** Files for who uses neither systemd nor launchd, or rotates logs by the tools of the system: they are put in place by hand. */
import { shellQuoted } from './launchd.js';
import { type ServicePlan, type TimedPart, timedParts, wordsOf } from './plan.js';

const minutes: Readonly<Record<TimedPart, string>> = { 'daily-aggregate': '0 0 * * *', backup: '0 * * * *' };

/** Lines of a crontab, which do what the timers do. */
export function cronLines(plan: ServicePlan): string {
  const { timeZone, environmentFile, node, program } = plan;
  const file = shellQuoted(environmentFile);
  const lines = timedParts.map((part) => {
    const command = [node, program, ...wordsOf(part)].map(shellQuoted).join(' ').replaceAll('%', '\\%');
    return `${minutes[part]} set -a; [ ! -r ${file} ] || . ${file}; exec ${command}`;
  });
  return `# What the timers of ops/systemd do, for cron: add these lines with \`crontab -e\` of the account that has the ledger.
# CRON_TZ is the zone in which days are cut; Debian's cron does not know it and goes by the clock of the machine.
CRON_TZ=${timeZone}
# What a run says is mailed to the account, if the machine can: MAILTO is left unset on purpose.
${lines.join('\n')}
`;
}

/** For the setting \`log.rotate: external\`. */
export function logrotateRules({ logFile }: ServicePlan): string {
  return `# For the settings \`log.file\` and \`log.rotate: external\`; without the latter the daemon rotates by itself, and this must not.
# Put it at /etc/logrotate.d/resource-share.
${logFile} {
    weekly
    maxsize 50M
    rotate 7
    compress
    delaycompress
    missingok
    notifempty
    nocreate
    sharedscripts
    postrotate
        systemctl kill --kill-who=main --signal=USR1 resource-share.service 2>/dev/null || true
    endscript
}
`;
}

/** The daemon notices by itself that its file was renamed, so that nobody has to be told. */
export function newsyslogRules({ logFile }: ServicePlan): string {
  return `# For macOS, and the settings \`log.file\` and \`log.rotate: external\`. Put it at /etc/newsyslog.d/resource-share.conf.
# logfilename                         mode count size  when  flags
${logFile.padEnd(37)} 600  7     51200 $W0   JN
`;
}
