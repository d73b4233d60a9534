/** Markup as a template: every value is escaped unless it is markup already. */

export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | string | number | null | undefined | false | readonly Part[];

/** `null`, `undefined` and `false` leave nothing; lists are joined. */
export type Template = (strings: TemplateStringsArray, ...parts: readonly Part[]) => Markup;

/** A template whose texts and numbers are written as told. */
export function template(textOf: (text: string) => string, numeralOf: (value: number) => string): Template {
  const written = (part: Part): string => {
    if (part === null || part === undefined || part === false) return '';
    if (part instanceof Markup) return part.text;
    if (typeof part === 'number') return numeralOf(part);
    if (typeof part === 'object') return part.map(written).join('');
    return textOf(part);
  };
  return (strings, ...parts) => {
    let text = strings[0] ?? '';
    for (const [i, part] of parts.entries()) text += written(part) + (strings[i + 1] ?? '');
    return new Markup(text);
  };
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign] as string);
