import { SUBSCRIBING } from './plan-operations.ts';
import { testOperations } from './play.ts';

testOperations(SUBSCRIBING);
