import { testKilled } from './killed.ts';
import { PURCHASES } from './purchase-operations.ts';

testKilled(PURCHASES);
