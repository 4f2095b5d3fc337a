import { runMain } from '../program.ts';
import { sealMiner } from './application.ts';

runMain(sealMiner);
