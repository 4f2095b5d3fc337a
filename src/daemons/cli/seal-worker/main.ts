import { runMain } from '../program.ts';
import { sealWorker } from './application.ts';

runMain(sealWorker);
