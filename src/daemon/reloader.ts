/** Settings of a daemon that runs, read again: all of them can be used, or nothing changes. */
import type { Logger } from 'pino';
import { changesBetween, type ReloadReport, runningAfter } from '../settings/changes.js';
import type { Resolved } from '../settings/resolve.js';
import type { Configuration, DaemonSettings } from './daemon-settings.js';

export class Reloader {
  readonly #configuration: Configuration;
  readonly #apply: (settings: DaemonSettings) => void;
  readonly #log: Pick<Logger, 'info' | 'error'>;
  #running: Resolved['given'];

  constructor(
    configuration: Configuration,
    apply: (settings: DaemonSettings) => void,
    log: Pick<Logger, 'info' | 'error'>,
  ) {
    this.#configuration = configuration;
    this.#apply = apply;
    this.#log = log;
    this.#running = configuration.resolved.given;
  }

  /** Throws `setting_invalid`; the daemon goes on with what it had. */
  reload(): Promise<ReloadReport> {
    return this.#configuration.around(async () => {
      const { resolved, settings } = this.#configuration.read();
      const report = changesBetween(this.#running, resolved.given);
      this.#apply(settings);
      this.#running = runningAfter(this.#running, resolved.given, report);
      this.#log.info(report, 'the settings were read again');
      return report;
    });
  }

  /** For who is told nothing: what is wrong is in the log. */
  async reloadOrLog(): Promise<void> {
    await this.reload().catch((error: Error) =>
      this.#log.error(`the settings were read again, and stay as they were: ${error.message}`),
    );
  }
}
