declare module 'postject' {
  /** Writes data into a section of an executable file, in place. */
  export function inject(
    file: string,
    section: string,
    data: Uint8Array,
    options: { readonly sentinelFuse: string },
  ): Promise<void>;
}
