import { testKilled } from './killed.ts';
import { SAVING } from './purchase-operations.ts';

testKilled(SAVING);
