import { tell } from './windows';

tell('signed-in');
// Only a window that a script opened can be closed so; others stay and say it.
window.close();
