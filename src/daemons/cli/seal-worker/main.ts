import { runProgram } from '../program.ts';
import { sealWorker } from './application.ts';

runProgram(sealWorker);
