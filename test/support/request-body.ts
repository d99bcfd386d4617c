// What a client sends to a server of the tests.
import type http from 'node:http';

/** @returns undefined: the client is gone, or was cut off in the middle of what it sent */
export async function bodyOf(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  cut: boolean,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      if (cut) return void response.destroy();
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}
