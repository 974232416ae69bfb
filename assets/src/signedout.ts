import { forgetUser } from './clientstate';

forgetUser();
