/** The scenarios that a controller is measured in, one trouble each, in the order of their numbers. */
import type { Scenario } from './scenario.js';
import { calendarScenarios } from './scenarios/calendar.js';
import { memberScenarios } from './scenarios/members.js';
import { providerScenarios } from './scenarios/provider.js';
import { demonstrations, responseScenarios } from './scenarios/responses.js';

/** Each run is one report, at its end. */
export const toldByRun: readonly Scenario[] = [...memberScenarios, ...providerScenarios, ...calendarScenarios];
/** As most agents report. */
export const toldByResponse: readonly Scenario[] = [...responseScenarios, ...demonstrations];

export const scenarios: readonly Scenario[] = [...toldByRun, ...toldByResponse].sort((a, b) => a.number - b.number);

export function scenarioNamed(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`there is no scenario ${name}`);
  return found;
}
