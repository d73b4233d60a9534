/** As much of the package as is used; it has no types of its own. */
declare module 'unix-dgram' {
  interface DatagramSocket {
    send(
      bytes: Buffer,
      offset: number,
      length: number,
      path: string,
      callback: (error?: { readonly code?: number | string }) => void,
    ): void;
    close(): void;
  }
  const module: { createSocket(type: 'unix_dgram'): DatagramSocket };
  export default module;
}
