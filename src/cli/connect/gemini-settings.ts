/** `settings.json` of Gemini CLI: where its telemetry goes. Prompts are left out of it where nothing is said of them. */
import type { SettingsEditor } from './editor.js';
import { editJson, withdrawJson } from './json-editor.js';
import { addressFor, type Wish } from './wish.js';

export function geminiEditor(wish: Wish): SettingsEditor {
  const telemetry = {
    enabled: true,
    target: 'local',
    useCollector: true,
    otlpProtocol: 'http',
    otlpEndpoint: addressFor(wish, '/v1/otlp'),
  };
  const members = Object.entries(telemetry).map(([name, value]) => ({ path: ['telemetry', name], value }));
  const prompts = { path: ['telemetry', 'logPrompts'], value: false, doesAsWell: (there: unknown) => there === true };
  const parts = [{ what: 'telemetry', members: [...members, prompts] }];
  return { edit: (text) => editJson(text, { parts, replace: wish.replace }), withdraw: withdrawJson };
}
