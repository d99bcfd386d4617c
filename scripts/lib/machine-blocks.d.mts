export function withBlock(text: string, machine: string, content: string): string;
export function putBlocks(text: string, blocks: string): string;
