import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { goDurationText, parseGoBool, parseGoDuration } from '../../../src/core/lotus/go-value.ts';
import { formatKeystoreKey, keystoreFileName, parseKeystoreKey } from '../../../src/core/lotus/keystore.ts';
import { permissionsUpTo } from '../../../src/core/lotus/permission.ts';
import { apiVersionText, minerApiVersion, workerApiVersion } from '../../../src/core/lotus/rpc-values.ts';
import { parseSealTask, sealProofNumber, sectorSizeOfProof } from '../../../src/core/lotus/seal-proof.ts';
import {
  admittedFileTypes,
  fileMaskOf,
  fileTypesIn,
  parseSectorName,
  sectorFileSpace,
  sectorName,
} from '../../../src/core/lotus/sector-file.ts';
import { sectorSizes } from '../../../src/core/lotus/sector-size.ts';
import { bytesOfSizeText, sizeText } from '../../../src/core/lotus/size-text.ts';

describe('sizes', () => {
  it('print with four significant digits and base-1024 units', () => {
    expect([0, 1023, 1024, 518832049356, 195 * 2 ** 30, 1048575].map(sizeText)).toEqual([
      '0 B',
      '1023 B',
      '1 KiB',
      '483.2 GiB',
      '195 GiB',
      '1024 KiB',
    ]);
  });

  it('read any spelling of a base-1024 unit', () => {
    expect(['1TiB', '1T', '1tb', '1 TiB', '0.5K', '7'].map(bytesOfSizeText)).toEqual([
      2 ** 40,
      2 ** 40,
      2 ** 40,
      2 ** 40,
      512,
      7,
    ]);
    for (const text of ['', 'much', '-1', '1XB', '99999999999TiB'])
      expect(() => bytesOfSizeText(text)).toThrow('is not a size');
  });
});

describe('Go values', () => {
  it('know the words of ParseBool and no others', () => {
    expect(['1', 'T', 'true', '0', 'False', 'yes', '', 'tRUE'].map(parseGoBool)).toEqual([
      true,
      true,
      true,
      false,
      false,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('read durations', () => {
    expect(['30s', '1h30m', '0', '1.5s', '-2ms', '6h0m0s'].map(parseGoDuration)).toEqual([
      30e3, 5400e3, 0, 1500, -2, 21600e3,
    ]);
    for (const text of ['', '30', 's', '1d'])
      expect(() => parseGoDuration(text)).toThrow('is not a duration');
  });

  it('print durations as Go does', () => {
    expect([0, 4364100, 350, 190100, 1.2, 3600e3].map(goDurationText)).toEqual([
      '0s',
      '1h12m44.1s',
      '350ms',
      '3m10.1s',
      '1.2ms',
      '1h0m0s',
    ]);
  });

  it('print durations that read back as themselves', () => {
    fc.assert(
      fc.property(fc.nat(), (ms) => {
        expect(parseGoDuration(goDurationText(ms))).toBeCloseTo(ms, 3);
      }),
    );
  });
});

describe('the keystore', () => {
  it('names files by the unpadded base32 of the key', () => {
    expect(keystoreFileName('auth-jwt-private')).toBe('MF2XI2BNNJ3XILLQOJUXMYLUMU');
    expect(keystoreFileName('libp2p-host')).toBe('NRUWE4BSOAWWQ33TOQ');
  });

  it('keeps a key through a round trip and never quotes a broken file', () => {
    const key = { type: 'jwt-hmac-secret', privateKey: new Uint8Array([0, 255, 3]) };
    expect(parseKeystoreKey(formatKeystoreKey(key))).toEqual({
      ...key,
      privateKey: Buffer.from(key.privateKey),
    });
    expect(() => parseKeystoreKey('hunter2')).toThrow('the key file is not JSON');
    expect(() => parseKeystoreKey('{}')).toThrow('lacks Type or PrivateKey');
  });
});

describe('sector files', () => {
  it('are masks of bits in Lotus order', () => {
    expect(fileMaskOf(['sealed', 'cache'])).toBe(6);
    expect(fileTypesIn(6)).toEqual(['sealed', 'cache']);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 63 }), (mask) => {
        expect(fileMaskOf(fileTypesIn(mask))).toBe(mask);
      }),
    );
  });

  it('take the space Lotus reserves for PC1', () => {
    expect(sectorFileSpace(6, 2 ** 35, 'sealing')).toBe(518832049356);
    expect(sectorFileSpace(6, 2 ** 35, 'finalized')).toBe(Math.floor(2 ** 35 * 0.1) + 2 ** 35);
  });

  it('are admitted by the allow list without the deny list; a list of unknown words admits everything', () => {
    expect(admittedFileTypes(null, null)).toBe(63);
    expect(admittedFileTypes(['sealed', 'cache'], ['cache'])).toBe(2);
    expect(admittedFileTypes(['seald'], ['unsealed'])).toBe(62);
  });

  it('are named s-t0MINER-SECTOR; trailing text is ignored', () => {
    expect(sectorName({ Miner: 1000, Number: 17 })).toBe('s-t01000-17');
    expect(parseSectorName('s-t01000-17.bak')).toEqual({ Miner: 1000, Number: 17 });
    expect(() => parseSectorName('lost+found')).toThrow('is not a sector name');
  });
});

describe('proof numbers', () => {
  it('count sizes within blocks of five', () => {
    expect(sealProofNumber('32GiB', 'V1_1')).toBe(8);
    expect(sealProofNumber('32GiB', 'V1_1-synthetic')).toBe(13);
    for (const size of sectorSizes)
      expect(sectorSizeOfProof(sealProofNumber(size.name, 'V1_2-non-interactive'))).toBe(size.name);
    expect(sectorSizeOfProof(20)).toBeUndefined();
    expect(parseSealTask('8:seal/v0/precommit/1')).toEqual({ proof: 8, task: 'seal/v0/precommit/1' });
  });
});

describe('versions and permissions', () => {
  it('are those of the contract', () => {
    expect([minerApiVersion, workerApiVersion].map(apiVersionText)).toEqual(['1.5.0', '1.7.0']);
    expect(permissionsUpTo('sign')).toEqual(['read', 'write', 'sign']);
  });
});
