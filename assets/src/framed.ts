import { onNews } from './windows';

// The page that was asked for, in place of this one.
onNews((news) => news === 'signed-in' && location.reload());
