import { testOperations } from './play.ts';
import { SAVING } from './purchase-operations.ts';

testOperations(SAVING);
