// A form that was posted to an ended session waits in this tab's sessionStorage.
// Both texts are sealed by the server: no script can read or change them.

const key = 'passkeys-form';

export interface KeptForm {
  form: string;
  summary: string;
}

/** Keeps a form in place of an earlier one, and reports whether the browser can. */
export function keepForm({ form, summary }: KeptForm): boolean {
  try {
    sessionStorage.removeItem(key);
    sessionStorage.setItem(key, JSON.stringify({ form, summary }));
    return true;
  } catch {
    return false; // forbidden, or full
  }
}

export function keptForm(): KeptForm | undefined {
  try {
    const { form, summary } = JSON.parse(sessionStorage.getItem(key) ?? '{}') as Partial<KeptForm>;
    return form && summary ? { form, summary } : undefined;
  } catch {
    return undefined;
  }
}

export function dropForm() {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // nothing was kept
  }
}
