import { runProgram } from '../program.ts';
import { sealMiner } from './application.ts';

runProgram(sealMiner);
