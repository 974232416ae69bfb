/** Shows the texts for some states of the page and hides the others. */
export function show(...states: string[]) {
  for (const text of document.querySelectorAll<HTMLElement>('[data-state]')) {
    text.hidden = !states.includes(text.dataset.state!);
  }
}

/** Runs work when the control with that id is pressed. */
export function onPress(id: string, work: () => void) {
  document.getElementById(id)?.addEventListener('click', work);
}
