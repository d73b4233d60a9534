/** Turns the field for SQL into an editor, with the tables and columns of the ledger to complete. The page is complete without it. */
import { autocompletion, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { PostgreSQL, SQLite, sql } from '@codemirror/lang-sql';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import { drawSelection, EditorView, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { offerSaved } from './saved-queries.js';

/** The colours of the page, which are light or dark. */
const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--accent)', fontWeight: '600' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--good)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--warn)' },
  { tag: tags.comment, color: 'var(--muted)', fontStyle: 'italic' },
]);

const frame = EditorView.theme({
  '&': {
    color: 'var(--text)',
    backgroundColor: 'var(--surface)',
    border: '1px solid var(--line)',
    borderRadius: '0.375rem',
  },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '2px' },
  '.cm-content': { caretColor: 'var(--text)', minHeight: '10rem' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { color: 'var(--muted)', backgroundColor: 'var(--code)', borderRight: '1px solid var(--line)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'var(--track)',
  },
  '.cm-tooltip': { color: 'var(--text)', backgroundColor: 'var(--surface)', border: '1px solid var(--line)' },
});

const field = document.querySelector<HTMLTextAreaElement>('textarea[data-sql]');
if (field !== null) edit(field);

function edit(area: HTMLTextAreaElement): void {
  const { schema = '{}', dialect } = area.dataset;
  const run = () => {
    area.form?.requestSubmit();
    return true;
  };
  const view = new EditorView({
    state: EditorState.create({
      doc: area.value,
      extensions: [
        // What the editor styles itself with is let in by the nonce of the page.
        EditorView.cspNonce.of(document.querySelector<HTMLElement>('script[nonce]')?.nonce ?? ''),
        lineNumbers(),
        history(),
        drawSelection(),
        bracketMatching(),
        autocompletion(),
        syntaxHighlighting(colours),
        frame,
        sql({
          dialect: dialect === 'postgres' ? PostgreSQL : SQLite,
          schema: JSON.parse(schema) as Record<string, string[]>,
        }),
        keymap.of([
          { key: 'Ctrl-Enter', run },
          { key: 'Meta-Enter', run },
          ...completionKeymap,
          ...historyKeymap,
          ...defaultKeymap,
        ]),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': 'SQL' }),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged) area.value = state.doc.toString();
        }),
      ],
    }),
  });
  area.hidden = true;
  area.after(view.dom);
  // What must be filled in cannot be hidden: the browser would not say so anywhere.
  area.required = false;
  for (const hint of document.querySelectorAll<HTMLElement>('[data-with-editor]')) hint.hidden = false;
  offerSaved({
    text: () => area.value,
    show(text) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
      view.focus();
    },
  });
}
