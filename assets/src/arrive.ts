import { arrive } from './fragment';

arrive((address) => location.replace(address));
