import { repost } from './foreignform';

repost((form) => form.submit());
