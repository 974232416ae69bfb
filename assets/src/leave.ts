import { leave } from './fragment';

leave((address) => location.replace(address), self !== top);
