import { testOperations } from './play.ts';
import { PURCHASES } from './purchase-operations.ts';

testOperations(PURCHASES);
