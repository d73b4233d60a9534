/** Turns the field for SQL into an editor, with the tables and columns of the ledger to complete. The page is complete without it. */
import { autocompletion, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { PostgreSQL, SQLite, sql } from '@codemirror/lang-sql';
import { bracketMatching, defaultHighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import { drawSelection, EditorView, keymap, lineNumbers } from '@codemirror/view';

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
        syntaxHighlighting(defaultHighlightStyle, { fallback: true }),
        sql({
          dialect: dialect === 'postgres' ? PostgreSQL : SQLite,
          schema: JSON.parse(schema) as Record<string, string[]>,
        }),
        keymap.of([{ key: 'Mod-Enter', run }, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
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
}
