import { testKilled } from './killed.ts';
import { SUBSCRIBING } from './plan-operations.ts';

testKilled(SUBSCRIBING);
