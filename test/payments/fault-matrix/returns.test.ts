import { testOperations } from './play.ts';
import { RETURNS } from './return-operations.ts';

testOperations(RETURNS);
