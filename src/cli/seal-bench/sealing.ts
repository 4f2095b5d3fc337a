import type { Command } from '../urfave/app.ts';
export const sealingCommand: Command = { name: 'sealing', usage: '' };
