import { type Port, type PortListener, toOwnPort } from './port.ts';

export interface LogFile {
  readonly file: string;
  /** Bytes. */
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/** Opens a file that is turned over; its failures come to the listener. Loads what it needs for that only here. */
export async function openFile({ file, maxBytes, maxFiles }: LogFile, listener: PortListener): Promise<Port> {
  const { createStream } = await import('rotating-file-stream');
  return toOwnPort(createStream(file, { size: `${maxBytes}B`, rotate: maxFiles }), listener);
}
