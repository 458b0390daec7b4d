import { testKilled } from './killed.ts';
import { RETURNS } from './return-operations.ts';

testKilled(RETURNS);
