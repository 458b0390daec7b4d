import { LASTING } from './plan-operations.ts';
import { testOperations } from './play.ts';

testOperations(LASTING);
