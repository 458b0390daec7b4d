import { testKilled } from './killed.ts';
import { LASTING } from './plan-operations.ts';

testKilled(LASTING);
