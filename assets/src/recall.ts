import { recall } from './fragment';

recall(
  (address) => location.replace(address),
  (form) => form.submit(),
);
