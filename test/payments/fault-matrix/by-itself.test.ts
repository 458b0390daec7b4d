import { testOperations } from './play.ts';
import { BY_ITSELF } from './purchase-operations.ts';

testOperations(BY_ITSELF);
