/** Posts another site's form again, to the address that it was posted to. */
export function repost(submit: (form: HTMLFormElement) => void) {
  const form = document.getElementById('repost') as HTMLFormElement | null;
  if (!form) {
    return;
  }
  form.hidden = true; // it goes through once
  submit(form);
}
