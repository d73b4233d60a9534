// Goal: secrets are compared in one way, which takes the same time wherever they differ.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'tap';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '../../..');
const comparison = 'src/trust/same-secret.ts';

/** Names of what must be compared by it, wherever it is one side of a comparison. */
const secret =
  /secret|password|passphrase|credential|csrf|hmac|\bmac\b|signature|authorization|api_?key|bearer|cookie/i;

/** Comparisons that tell nothing of a secret's text, each with the reason. One that no longer occurs has to go. */
const harmless: Readonly<Record<string, string>> = {
  'src/api/guards.ts: each === webhookSignature': 'the names of headers',
};

const operators = new Set([
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
]);
const methods = new Set(['equals', 'compare', 'localeCompare', 'startsWith', 'endsWith', 'includes', 'indexOf', 'has']);

test('only one file compares secrets', async (t) => {
  const users = sources().filter(([, text]) => text.includes('timingSafeEqual'));
  t.same(
    users.map(([file]) => file),
    [comparison],
  );
  const callers = sources().filter(([file, text]) => file !== comparison && text.includes('isSameSecret('));
  t.same(callers.map(([file]) => file).sort(), [
    'src/trust/keys.ts',
    'src/trust/sessions.ts',
    'src/trust/webhook-signature.ts',
  ]);
});

test('nothing that is named as a secret is compared in another way', async (t) => {
  const found = sources().flatMap(([file, text]) => comparisonsIn(file, text).map((each) => `${file}: ${each}`));
  t.same(found.sort(), Object.keys(harmless).sort());
});

test('the check bites', async (t) => {
  const found = (text: string) => comparisonsIn('a.ts', text);
  t.same(found('if (given === this.secret) go();'), ['given === this.secret']);
  t.same(found('const is = expectedSignature != given;'), ['expectedSignature != given']);
  t.same(found('const is = csrfToken(session) === text;'), ['csrfToken(session) === text']);
  t.same(found('const is = hmac.equals(given) || given.startsWith(password);'), [
    'hmac.equals(given)',
    'given.startsWith(password)',
  ]);
  t.same(found('Buffer.compare(mac, given); secrets.includes(given); new Set(secrets).has(given)'), [
    'Buffer.compare(mac, given)',
    'secrets.includes(given)',
    'new Set(secrets).has(given)',
  ]);
  t.same(found("if (secret === undefined || secret === '' || secret.length === 3 || typeof secret === 'x') go();"), []);
});

/** Comparisons one side of which is named as a secret, but for those with what is written in the source. */
function comparisonsIn(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  visit(source);
  return found;

  function visit(node: ts.Node): void {
    const sides = sidesOf(node);
    if (sides.length > 0 && !sides.some(isWritten) && sides.some((side) => secret.test(nameOf(side))))
      found.push(node.getText(source).replace(/\s+/g, ' '));
    ts.forEachChild(node, visit);
  }

  /** What a value is called: the last name of a path, the function that returned it. */
  function nameOf(node: ts.Expression): string {
    if (ts.isCallExpression(node)) return nameOf(node.expression);
    if (ts.isNewExpression(node)) return (node.arguments ?? []).map(nameOf).join(' ');
    if (ts.isPropertyAccessExpression(node)) return node.name.text === 'length' ? '' : node.name.text;
    if (ts.isTypeOfExpression(node)) return '';
    if (ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node) || ts.isAsExpression(node))
      return nameOf(node.expression);
    return ts.isIdentifier(node) ? node.text : '';
  }
}

/** What is compared with what; nothing where a node is no comparison. */
function sidesOf(node: ts.Node): ts.Expression[] {
  if (ts.isBinaryExpression(node) && operators.has(node.operatorToken.kind)) return [node.left, node.right];
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return [];
  return methods.has(node.expression.name.text) ? [node.expression.expression, ...node.arguments] : [];
}

function isWritten(node: ts.Expression): boolean {
  return (
    ts.isLiteralExpression(node) ||
    node.kind === ts.SyntaxKind.NullKeyword ||
    node.kind === ts.SyntaxKind.TrueKeyword ||
    node.kind === ts.SyntaxKind.FalseKeyword ||
    (ts.isIdentifier(node) && node.text === 'undefined')
  );
}

function sources(): [file: string, text: string][] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [join('src', file), readFileSync(join(root, 'src', file), 'utf8')]);
}
