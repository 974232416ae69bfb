import { passkeyList } from './passkeylist';

void passkeyList();
