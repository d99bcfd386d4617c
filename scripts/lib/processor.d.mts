export function describeProcessor(cpuinfo: string): string | undefined;
export function processor(): string;
