import { dropForm, keptForm } from './keptform';
import { onPress, show } from './states';

interface Field {
  name: string;
  value?: string;
  file?: string;
  hidden?: boolean;
}

interface Summary {
  path: string;
  fields: Field[];
  more?: number;
}

/** The field of a form that is sent again; the server knows it by this name. */
const marker = 'passkeys-resend';

/** Shows what the tab keeps, and sends it where it was sent first. */
export async function offerForm(submit: (form: HTMLFormElement) => void) {
  const kept = keptForm();
  const give = (state: string) => show(state, 'on');
  const drop = () => {
    dropForm();
    give('none');
  };
  if (!kept) {
    give('none');
    return;
  }
  show('loading');
  onPress('discard', drop);
  onPress('drop', drop);
  const summary = await describe(kept.summary);
  if (typeof summary === 'string') {
    if (summary === 'old') {
      dropForm();
    }
    give(summary);
    return;
  }
  document.getElementById('path')!.textContent = summary.path;
  list(summary);
  show('ask');
  let sent = false;
  onPress('resend', () => {
    if (sent) {
      return; // a double click
    }
    sent = true;
    // From here on the browser itself sends it again if the way is broken.
    dropForm();
    const form = document.createElement('form');
    form.method = 'post';
    form.action = summary.path;
    form.enctype = 'text/plain';
    form.hidden = true;
    const field = document.createElement('input');
    field.type = 'hidden';
    field.name = marker;
    field.value = kept.form;
    form.append(field);
    document.body.append(form);
    submit(form);
  });
}

/** Asks the server what the form was, or why it does not say. */
async function describe(summary: string): Promise<Summary | 'old' | 'other' | 'expired' | 'failed'> {
  try {
    const answer = await fetch(document.getElementById('form')!.dataset.summary!, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify({ summary }),
    });
    const said = (await answer.json()) as Summary & { error?: string };
    switch (answer.ok || said.error) {
      case true:
        return said;
      case 'form_invalid':
        return 'old';
      case 'form_of_another_user':
        return 'other';
      case 'login_required':
        return 'expired';
    }
  } catch {
    // as below
  }
  return 'failed';
}

function list({ fields, more }: Summary) {
  const rows: HTMLElement[] = [];
  const row = (tag: string, text: string) => {
    const element = document.createElement(tag);
    element.textContent = text;
    rows.push(element);
    return element;
  };
  for (const { name, value, file, hidden } of fields) {
    row('dt', name || '(no name)');
    row('dd', file ? `File ${file}` : (value ?? (hidden ? '•••••' : '(empty)')));
  }
  if (more) {
    row('dt', `and ${more} more`);
  }
  document.getElementById('fields')!.replaceChildren(...rows);
}
