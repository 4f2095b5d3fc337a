import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sleep } from '@sealctl/core/async/sleep';
import { rpcUrl } from '@sealctl/core/lotus/api-info';
import { goDurationText } from '@sealctl/core/lotus/go-value';
import type { SectorInfo } from '@sealctl/core/lotus/sealing-values';
import { sizeText } from '@sealctl/core/lotus/size-text';
import { paddedSizeFor, unpaddedBytes } from '../../miner/pipeline/pieces.ts';
import type { Command, Invocation } from '../../lotus-cli/app.ts';
import { usage } from '../../lotus-cli/flag.ts';
import { columnsText } from './columns.ts';
import { minerApiInfo, minerClient } from './connection.ts';

/** `sectors pledge|add-piece|status|list|seal|snap-up|unseal|regenerate|remove|update-state`. */
export const sectorsCommand: Command = {
  name: 'sectors',
  usage: 'sectors and their state',
  commands: [
    {
      name: 'pledge',
      usage: 'seal a sector without data',
      run: async (invocation) => {
        const { Number: number } = await (await minerClient(invocation)).call('PledgeSector', []);
        invocation.out(`Created CC sector:  ${number}\n`);
      },
    },
    {
      name: 'add-piece',
      usage: 'put a file into a sector: an upgradable one, one that waits for pieces, or a new one',
      args: ['FILE'],
      flags: [
        { name: 'seal', type: 'bool', default: false, usage: 'seal the sector at once, filled with zeros' },
      ],
      examples: ['seal-miner sectors add-piece --seal data.car'],
      run: addPiece,
    },
    {
      name: 'status',
      usage: 'print the state of one sector',
      args: ['SECTOR'],
      flags: [
        {
          name: 'log',
          aliases: ['l'],
          type: 'bool',
          default: false,
          usage: 'also print the log of the sector',
        },
      ],
      run: async (invocation) => {
        const info = await (
          await minerClient(invocation)
        ).call('SectorsStatus', [numberOf(invocation), false]);
        invocation.out(sectorStatusText(info, invocation.flags.bool('log')));
      },
    },
    {
      name: 'list',
      usage: 'list the sectors',
      flags: [
        {
          name: 'show-removed',
          aliases: ['r'],
          type: 'bool',
          default: false,
          usage: 'also list removed sectors',
        },
        { name: 'states', type: 'strings', usage: 'only sectors in these states' },
      ],
      run: list,
    },
    onSector('seal', 'seal a sector that waits for pieces as it is', 'SectorStartSealing'),
    {
      name: 'snap-up',
      usage: 'mark a sector without data for an upgrade; the next add-piece uses it',
      args: ['SECTOR'],
      run: async (invocation) => {
        await (await minerClient(invocation)).call('SectorMarkForUpgrade', [numberOf(invocation), true]);
      },
    },
    onSector('unseal', 'make the data of a sealed sector again', 'SectorUnseal'),
    onSector('regenerate', 'make the key of an upgraded sector again from its data', 'SectorRegenerateKey'),
    {
      name: 'remove',
      usage: 'delete every file of a sector',
      args: ['SECTOR'],
      flags: [{ name: 'really-do-it', type: 'bool', default: false, usage: 'confirm the deletion' }],
      run: async (invocation) => {
        sure(invocation, 'every file of the sector is deleted');
        await (await minerClient(invocation)).call('SectorRemove', [numberOf(invocation)]);
      },
    },
    {
      name: 'update-state',
      usage: 'force the state of a sector; it goes on from there',
      args: ['SECTOR', 'STATE'],
      flags: [{ name: 'really-do-it', type: 'bool', default: false, usage: 'confirm the change' }],
      run: async (invocation) => {
        sure(invocation, 'the sector may lose work or be stuck');
        const state = invocation.args[1] ?? '';
        await (await minerClient(invocation)).call('SectorsUpdate', [numberOf(invocation), state]);
      },
    },
  ],
};

function onSector(
  name: string,
  text: string,
  method: 'SectorStartSealing' | 'SectorUnseal' | 'SectorRegenerateKey',
): Command {
  return {
    name,
    usage: text,
    args: ['SECTOR'],
    run: async (invocation) => {
      await (await minerClient(invocation)).call(method, [numberOf(invocation)]);
    },
  };
}

function sure({ flags }: Invocation, price: string): void {
  if (!flags.bool('really-do-it'))
    throw usage('--really-do-it', price, 'add --really-do-it before the sector to confirm');
}

function numberOf({ args }: Invocation): number {
  const [word = ''] = args;
  if (!/^\d+$/.test(word)) throw usage(word, `'${word}' is not a sector number`, 'write a number such as 17');
  return Number(word);
}

/** Uploads a file, padded with zeros to the size of a piece. */
async function addPiece(invocation: Invocation): Promise<void> {
  const [file = ''] = invocation.args;
  const { size } = await stat(file).catch(() => {
    throw usage(file, `${file} cannot be read`, 'give the path of a file');
  });
  const bytes = unpaddedBytes(paddedSizeFor(size));
  const client = await minerClient(invocation);
  const { address } = await minerApiInfo(invocation);
  const id = randomUUID();
  const adding = client.call('SectorAddPieceToAny', [bytes, { Type: 'push', Info: id }, null], {
    timeoutMs: Infinity,
  });
  const uploading = upload(
    rpcUrl(address).replace(/rpc\/v0$/, `rpc/streams/v0/push/${id}`),
    file,
    size,
    bytes,
  );
  const [{ Sector, Offset }] = await Promise.all([adding, uploading]);
  invocation.out(`Added ${sizeText(size)} to sector ${Sector} at offset ${Offset}\n`);
  if (!invocation.flags.bool('seal')) return;
  const deadline = Date.now() + sealWaitMs;
  for (;;) {
    const { State } = await client.call('SectorsStatus', [Sector, false]);
    if (State !== 'AddPiece' && State !== 'AddPieceFailed') {
      if (State === 'WaitDeals') await client.call('SectorStartSealing', [Sector]);
      return;
    }
    if (Date.now() > deadline)
      throw new Error(
        `the piece is not in sector ${Sector} yet; seal it later with 'sectors seal ${Sector}'`,
      );
    await sleep(500);
  }
}

const sealWaitMs = 10 * 60_000;

async function upload(url: string, file: string, size: number, bytes: number): Promise<void> {
  async function* content(): AsyncGenerator<Buffer> {
    yield* createReadStream(file) as AsyncIterable<Buffer>;
    const block = Buffer.alloc(2 ** 16);
    for (let left = bytes - size; left > 0; left -= block.length)
      yield block.subarray(0, Math.min(left, block.length));
  }
  await new Promise<void>((resolve, reject) => {
    const sending = request(
      url,
      { method: 'POST', headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': bytes } },
      (response) => {
        response.resume();
        response.once('end', () =>
          response.statusCode === 200
            ? resolve()
            : reject(new Error(`the upload failed: HTTP ${response.statusCode}`)),
        );
      },
    );
    sending.once('error', reject);
    pipeline(Readable.from(content()), sending).catch(reject);
  });
}

async function list(invocation: Invocation): Promise<void> {
  const client = await minerClient(invocation);
  const states = invocation.flags.list('states');
  const all = await client.call('SectorsInfo', [states.length === 0 ? null : [...states]]);
  const shown = all
    .toSorted((a, b) => a.SectorID - b.SectorID)
    .filter(({ State }) => invocation.flags.bool('show-removed') || State !== 'Removed');
  const rows = shown.map((info) => [
    String(info.SectorID),
    info.State,
    dataText(info),
    ageText(info),
    info.LastErr,
  ]);
  const hasErrors = rows.some((row) => row[4] !== '');
  const titles = ['ID', 'State', 'Data', 'Age', ...(hasErrors ? ['Error'] : [])];
  invocation.out(columnsText([titles, ...rows.map((row) => row.slice(0, titles.length))]));
}

function dataText({ Pieces, ToUpgrade }: SectorInfo): string {
  const withData = Pieces.filter(({ DealInfo }) => DealInfo !== null).length;
  if (withData === 0) return ToUpgrade ? 'CC(upgrade)' : 'CC';
  return `${withData} piece${withData === 1 ? '' : 's'}`;
}

function ageText({ Log }: SectorInfo): string {
  const begun = Log[0]?.Timestamp;
  return begun === undefined ? '' : goDurationText(Math.max(0, Math.floor(Date.now() / 1000) - begun) * 1000);
}

/** The layout of `sectors status`. Source: docs/spec/lotus.md section 4.10. */
export function sectorStatusText(info: SectorInfo, withLog: boolean): string {
  const hex = (value: string | null): string =>
    value === null ? '' : Buffer.from(value, 'base64').toString('hex');
  const lines = [
    `SectorID:\t${info.SectorID}`,
    `Status:\t\t${info.State}`,
    `CIDcommD:\t${info.CommD?.['/'] ?? '<nil>'}`,
    `CIDcommR:\t${info.CommR?.['/'] ?? '<nil>'}`,
    `Ticket:\t\t${hex(info.Ticket.Value)}`,
    `TicketH:\t${info.Ticket.Epoch}`,
    `Seed:\t\t${hex(info.Seed.Value)}`,
    `SeedH:\t\t${info.Seed.Epoch}`,
    `Precommit:\t<nil>`,
    `Commit:\t\t<nil>`,
    `Deals:\t\t[${info.Deals.join(' ')}]`,
    `Retries:\t${info.Retries}`,
    ...(info.LastErr === '' ? [] : [`Last Error:\t\t${info.LastErr}`]),
    ...(info.Proof === null ? [] : [`Proof:\t\t${hex(info.Proof)}`]),
  ];
  const log = info.Log.map(
    ({ Timestamp, Kind, Message }, index) =>
      `${index}.\t${new Date(Timestamp * 1000).toISOString()}:\t[${Kind}]\t${Message}`,
  );
  return `${[...lines, ...(withLog ? ['--------', 'Event Log:', ...log] : [])].join('\n')}\n`;
}
