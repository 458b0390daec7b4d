import { testKilled } from './killed.ts';
import { BY_ITSELF } from './purchase-operations.ts';

testKilled(BY_ITSELF);
