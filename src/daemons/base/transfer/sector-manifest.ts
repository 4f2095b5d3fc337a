import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/**
 * The contents of a sector's file or directory, as our daemons serve them at `/remote/manifest/TYPE/SECTOR`. With it an interrupted
 * download can resume: `Tag` changes whenever a file is written to.
 */
export const manifestSchema = z.object({
  Directory: z.boolean(),
  Files: z.array(
    z.object({
      /** Empty for the single file of a type that is not a directory. */
      Name: z.string(),
      Size: z.number().int().nonnegative(),
      Tag: z.string(),
    }),
  ),
});

export type SectorManifest = z.infer<typeof manifestSchema>;
export type ManifestFile = SectorManifest['Files'][number];

/** Reads the manifest of the file or directory at a path; rejects when there is none. */
export async function readManifest(path: string): Promise<SectorManifest> {
  const found = await stat(path);
  if (!found.isDirectory()) return { Directory: false, Files: [await describe(path, '')] };
  const names = (await readdir(path)).toSorted();
  return {
    Directory: true,
    Files: await Promise.all(names.map((name) => describe(join(path, name), name))),
  };
}

async function describe(path: string, Name: string): Promise<ManifestFile> {
  const { size, mtimeNs, ino } = await stat(path, { bigint: true });
  return { Name, Size: Number(size), Tag: `${ino}-${mtimeNs}` };
}
