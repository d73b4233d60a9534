/**
 * What statements to PostgreSQL must not use, so that distributed engines that speak its protocol can run the same ones.
 */

const rules: readonly (readonly [name: string, pattern: RegExp])[] = [
  [
    'sequence',
    /\b((big|small)?serial[248]?|nextval|setval|currval|lastval)\b|\bcreate\b[^;]*\bsequence\b|\bas\s+identity\b/,
  ],
  ['advisory lock', /\bpg_(try_)?advisory_/],
  ['notification', /^\s*(un)?listen\b|^\s*notify\b|\bpg_notify\b/],
  ['skipping of locked rows', /\bskip\s+locked\b/],
  ['trigger', /\b(create|alter|enable|disable)\b[^;]*\btrigger\b/],
  ['procedural language', /\bplpgsql\b|^\s*(do|call)\b|\bcreate\s+(or\s+replace\s+)?(function|procedure)\b/],
  ['foreign key', /\bforeign\s+key\b|\breferences\b/],
  ['transaction id', /\btxid_\w+|\bpg_(current|visible)_(xact|snapshot|in)\w*|\bpg_(xact|snapshot)_\w+/],
  ['jsonb', /\bjsonb/],
  ['savepoint', /\bsavepoint\b|^\s*rollback\b[^;]*\bto\b/],
  ['system column', /\b([xc]min|[xc]max|ctid|tableoid)\b/],
];

/** Names of what a text of SQL uses outside the portable dialect. */
export function violationsOf(sql: string): string[] {
  const statements = withoutText(sql).toLowerCase().split(';');
  return rules.filter(([, pattern]) => statements.some((statement) => pattern.test(statement))).map(([name]) => name);
}

/** Comments and quoted values may say anything. */
function withoutText(sql: string): string {
  return sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'/g, (part) => (part.startsWith("'") ? "''" : ' '));
}
