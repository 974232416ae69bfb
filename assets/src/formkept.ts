import { keepForm } from './keptform';
import { onPress, show } from './states';
import { onNews } from './windows';

const kept = document.getElementById('kept')?.dataset as { form: string; summary: string } | undefined;
if (kept && keepForm(kept)) {
  show('kept');
} else {
  show('lost');
  // This page is the answer to the form: to load it again is to send that again.
  onNews((news) => news === 'signed-in' && show('back'));
  onPress('reload', () => location.reload());
}
